import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import type { Mode } from '../../platform/auth/api-key.ts';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { requestContext } from '../../platform/request-context.ts';
import { AccountsRepository } from '../../stripe/accounts.repository.ts';
import { Intents } from '../../stripe/intents.ts';
import { StripeClients } from '../../stripe/stripe.client.ts';
import { translateStripeError } from '../../stripe/stripe.errors.ts';
import { createAccount, findAccount, onboardingUrl } from '../../stripe/stripe.accounts.ts';
import { AuditService } from '../audit/audit.service.ts';
import { ConnectStripeFirst, SubscriptionsStillRun } from './merchants.errors.ts';
import { MerchantsRepository } from './merchants.repository.ts';
import { accountConnected, accountReplaced } from './stripe-account.jobs.ts';
import { TakeOverAccount } from './take-over-account.ts';

/** How to connect: with the account that was left last, or with another. */
export interface ConnectWish {
  return_url: string;
  account: 'former' | 'new';
  abandon_subscriptions: boolean;
}

const accountIntent = {
  kind: 'account.create',
  params: z.object({
    mode: z.enum(['live', 'test']),
    email: z.string(),
    merchant_name: z.string(),
    replaces: z.string().nullable().default(null),
  }),
};

type CountRunning = (environmentId: string) => Promise<number>;
type Account = NonNullable<Awaited<ReturnType<AccountsRepository['find']>>>;

/** Connects an environment with the merchant's own Stripe account. */
@Injectable()
export class StripeAccountService implements OnModuleInit {
  private countRunning: CountRunning | undefined;

  constructor(
    private readonly database: Database,
    private readonly accounts: AccountsRepository,
    private readonly merchants: MerchantsRepository,
    private readonly clients: StripeClients,
    private readonly intents: Intents,
    private readonly following: TakeOverAccount,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...accountIntent,
      call: ({ mode, email, merchant_name: name }, context) =>
        createAccount(this.clients.of(mode), { email, merchant_name: name }, context),
      recover: ({ mode }, context) => findAccount(this.clients.of(mode), context),
      settle: async (environmentId, { mode, replaces }, { stripe_object_id: accountId }) => {
        const account = {
          id: newId('stripe_account'),
          mode,
          stripe_account_id: accountId,
          replaces,
          created_at: this.clock.now(),
        };
        await this.accounts.insert(environmentId, account);
        await this.audit.record(environmentId, {
          action: 'stripe_account.created',
          target: { type: 'stripe_account', id: account.id },
          after: { stripe_account_id: accountId },
        });
        if (replaces !== null) {
          await this.outbox.add(environmentId, accountReplaced, {});
        }
      },
    });
  }

  /** Whoever keeps subscriptions says how many run: they cannot follow to another account. */
  countRunningBy(count: CountRunning): void {
    this.countRunning = count;
  }

  async get(environmentId: string, mode: Mode) {
    const { account, former } = await this.database.tenant(environmentId, async () => ({
      account: await this.accounts.find(environmentId),
      former: await this.accounts.former(environmentId),
    }));
    return {
      former_account_id: former[0]?.stripe_account_id ?? null,
      status: statusOf(account),
      stripe_account_id: account?.stripe_account_id ?? null,
      charges_enabled: account?.charges_enabled ?? false,
      payouts_enabled: account?.payouts_enabled ?? false,
      emulated: this.clients.isEmulated(mode),
      connected_at: account?.connected_at ?? null,
    };
  }

  /**
   * Makes the account if there is none, or comes back to the one that was left, and returns the address of Stripe's pages
   * that finish setting it up. Throws `SubscriptionsStillRun` when another one is wished while those of the former run.
   */
  async connect(environmentId: string, mode: Mode, wish: ConnectWish): Promise<{ url: string }> {
    const { current, former } = await this.database.tenant(environmentId, async () => ({
      current: await this.accounts.find(environmentId),
      former: await this.accounts.former(environmentId),
    }));
    const account = current ?? (wish.account === 'former' ? former[0] : undefined);
    const accountId =
      account?.stripe_account_id ??
      (await this.create(environmentId, mode, former, wish.abandon_subscriptions));
    try {
      const url = await onboardingUrl(this.clients.of(mode), accountId, {
        return_url: wish.return_url,
        refresh_url: wish.return_url,
      });
      if (current === undefined && account !== undefined) {
        await this.reopen(environmentId, account);
      }
      return { url };
    } catch (error) {
      throw translateStripeError(error);
    }
  }

  /** Asks Stripe how the account stands and takes it over. Throws `ConnectStripeFirst` when there is none. */
  async refresh(environmentId: string, mode: Mode) {
    if (!(await this.following.takeOver(environmentId))) {
      throw new ConnectStripeFirst();
    }
    return this.get(environmentId, mode);
  }

  /** Whether Stripe refuses that we act for the account. */
  async isLost(environmentId: string): Promise<boolean> {
    const account = await this.database.tenant(environmentId, () => this.accounts.find(environmentId));
    return account !== undefined && account.lost_at !== null;
  }

  /** Whether an account is the one that the environment uses now. */
  async isCurrent(environmentId: string, stripeAccountId: string): Promise<boolean> {
    const account = await this.database.tenant(environmentId, () => this.accounts.find(environmentId));
    return account?.stripe_account_id === stripeAccountId;
  }

  /** Leaves the account: nothing is sold any more. What runs on Stripe goes on there. Throws `ConnectStripeFirst`. */
  async disconnect(environmentId: string, mode: Mode) {
    await this.database.tenant(environmentId, async () => {
      const account = await this.accounts.lock(environmentId);
      if (account === undefined) {
        throw new ConnectStripeFirst();
      }
      await this.leave(environmentId, account, 'merchant');
    });
    return this.get(environmentId, mode);
  }

  /** The merchant took the connection away on Stripe's side. One that was left already is left alone. */
  noteDeauthorized(environmentId: string, stripeAccountId: string): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      const account = await this.accounts.lock(environmentId);
      if (account?.stripe_account_id === stripeAccountId) {
        await this.leave(environmentId, account, 'stripe');
      }
    });
  }

  /** Everything that was linked with the former account is forgotten: this one may be used. In the open transaction. */
  async finishReplacement(environmentId: string): Promise<void> {
    const account = await this.accounts.lock(environmentId);
    if (account !== undefined && account.replaces !== null) {
      await this.accounts.update(environmentId, account.id, { replaces: null });
      if (account.connected_at !== null) {
        await this.outbox.add(environmentId, accountConnected, {});
      }
    }
  }

  /** The account that the present one comes after, while that is not finished. */
  async replaced(environmentId: string): Promise<string | null> {
    const account = await this.database.tenant(environmentId, () => this.accounts.find(environmentId));
    return account?.replaces ?? null;
  }

  private async leave(environmentId: string, account: Account, by: 'merchant' | 'stripe'): Promise<void> {
    await this.accounts.update(environmentId, account.id, {
      disconnected_at: this.clock.now(),
      disconnected_by: by,
    });
    await this.audit.record(environmentId, {
      action: 'stripe_account.disconnected',
      target: { type: 'stripe_account', id: account.id },
      after: { by },
    });
  }

  /** The links with it are as good as they were. What happened there meanwhile is taken over once it can charge. */
  private reopen(environmentId: string, account: Account): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      if ((await this.accounts.lock(environmentId)) !== undefined) {
        return;
      }
      await this.accounts.update(environmentId, account.id, {
        connected_at: null,
        disconnected_at: null,
        disconnected_by: null,
        lost_at: null,
      });
      await this.audit.record(environmentId, {
        action: 'stripe_account.reopened',
        target: { type: 'stripe_account', id: account.id },
      });
    });
  }

  private async create(
    environmentId: string,
    mode: Mode,
    former: Account[],
    abandon: boolean,
  ): Promise<string> {
    const running = former.length === 0 ? 0 : await this.running(environmentId);
    if (running > 0 && !abandon) {
      throw new SubscriptionsStillRun(running);
    }
    const merchant = await this.database.tenant(environmentId, () =>
      this.merchants.ofEnvironment(environmentId),
    );
    // One wish for each account that an environment had before.
    const dedupeKey = former.length === 0 ? 'account' : `account:${former.length}`;
    return this.intents.perform(environmentId, accountIntent, dedupeKey, {
      mode,
      email: requestContext.current()?.actor.label ?? '',
      merchant_name: merchant?.name ?? '',
      replaces: former[0]?.stripe_account_id ?? null,
    });
  }

  private running(environmentId: string): Promise<number> {
    if (this.countRunning === undefined) {
      throw new Error('Nobody said how to count what runs.');
    }
    return this.countRunning(environmentId);
  }
}

function statusOf(account: Pick<Account, 'connected_at' | 'lost_at' | 'replaces'> | undefined) {
  if (account === undefined) {
    return 'not_connected' as const;
  }
  if (account.lost_at !== null) {
    return 'lost' as const;
  }
  return account.connected_at === null || account.replaces !== null
    ? ('onboarding' as const)
    : ('connected' as const);
}
