import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { AccountsRepository } from '../../stripe/accounts.repository.ts';
import { type AccountState, retrieveAccount } from '../../stripe/stripe.accounts.ts';
import { StripeClients } from '../../stripe/stripe.client.ts';
import { StripeConnectionLost, StripeUnavailable, translateStripeError } from '../../stripe/stripe.errors.ts';
import { AuditService } from '../audit/audit.service.ts';
import { OnboardingService } from './onboarding.service.ts';
import { accountAnswered, accountConnected, accountReconnected } from './stripe-account.jobs.ts';

const attemptsMax = 5;

type Account = NonNullable<Awaited<ReturnType<AccountsRepository['find']>>>;

/** Makes our row of an environment's account follow from what Stripe says of it, in whichever order that is heard. */
@Injectable()
export class TakeOverAccount {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountsRepository,
    private readonly clients: StripeClients,
    private readonly audit: AuditService,
    private readonly onboarding: OnboardingService,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /** Makes our row say what Stripe says. False when the environment has no account. */
  async takeOver(environmentId: string): Promise<boolean> {
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      const account = await this.database.tenant(environmentId, () => this.accounts.find(environmentId));
      if (account === undefined) {
        return false;
      }
      const state = await this.ask(environmentId, account);
      const isWritten = await this.database.tenant(environmentId, () =>
        this.write(environmentId, account, state),
      );
      if (isWritten) {
        return true;
      }
    }
    throw new StripeUnavailable(new Error('The account kept changing while it was taken over.'));
  }

  /** Stripe answers for the account, or refuses that we act for it. Says so once, and when it is over. */
  async noteAnswer(environmentId: string, isLost: boolean): Promise<void> {
    await this.database.tenant(environmentId, async () => {
      const account = await this.accounts.lock(environmentId);
      if (account === undefined || (account.lost_at !== null) === isLost) {
        return;
      }
      await this.accounts.update(environmentId, account.id, { lost_at: isLost ? this.clock.now() : null });
      await this.audit.record(environmentId, {
        action: isLost ? 'stripe_account.lost' : 'stripe_account.found',
        target: { type: 'stripe_account', id: account.id },
      });
      await this.outbox.add(environmentId, accountAnswered, {});
    });
  }

  private async ask(environmentId: string, account: Account): Promise<AccountState> {
    try {
      const state = await retrieveAccount(this.clients.of(account.mode), account.stripe_account_id);
      await this.noteAnswer(environmentId, false);
      return state;
    } catch (error) {
      const translated = translateStripeError(error);
      if (translated instanceof StripeConnectionLost) {
        await this.noteAnswer(environmentId, true);
      }
      throw translated;
    }
  }

  /** False when another writer was faster and what it wrote is something else: ours may be older. */
  private async write(environmentId: string, seen: Account, state: AccountState): Promise<boolean> {
    const current = await this.accounts.lock(environmentId);
    if (current?.id !== seen.id) {
      return current === undefined;
    }
    const isSame =
      current.charges_enabled === state.charges_enabled && current.payouts_enabled === state.payouts_enabled;
    if (!isSame && current.stripe_sequence !== seen.stripe_sequence) {
      return false;
    }
    const isFirstTime = current.connected_at === null && state.charges_enabled;
    await this.accounts.update(environmentId, current.id, {
      ...state,
      stripe_sequence: current.stripe_sequence + 1,
      ...(isFirstTime ? { connected_at: this.clock.now() } : {}),
    });
    if (isFirstTime) {
      await this.audit.record(environmentId, {
        action: 'stripe_account.connected',
        target: { type: 'stripe_account', id: current.id },
        after: state,
      });
      await this.onboarding.complete(environmentId, 'connect_stripe');
      if (current.replaces === null) {
        await this.outbox.add(environmentId, accountConnected, {});
        await this.outbox.add(environmentId, accountReconnected, {});
      }
    }
    return true;
  }
}
