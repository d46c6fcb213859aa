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
import { createAccount, onboardingUrl, retrieveAccount } from '../../stripe/stripe.accounts.ts';
import { AuditService } from '../audit/audit.service.ts';
import { ConnectStripeFirst } from './merchants.errors.ts';
import { MerchantsRepository } from './merchants.repository.ts';
import { OnboardingService } from './onboarding.service.ts';
import { accountConnected } from './stripe-account.jobs.ts';

const accountIntent = {
  kind: 'account.create',
  params: z.object({ mode: z.enum(['live', 'test']), email: z.string(), merchant_name: z.string() }),
};

/** Connects an environment with the merchant's own Stripe account. */
@Injectable()
export class StripeAccountService implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountsRepository,
    private readonly merchants: MerchantsRepository,
    private readonly clients: StripeClients,
    private readonly intents: Intents,
    private readonly audit: AuditService,
    private readonly onboarding: OnboardingService,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...accountIntent,
      call: ({ mode, ...details }, { environment_id: environmentId, idempotency_key: key }) =>
        createAccount(this.clients.of(mode), { ...details, environment_id: environmentId }, key),
      settle: async (environmentId, { mode }, { stripe_object_id: accountId }) => {
        const account = {
          id: newId('stripe_account'),
          mode,
          stripe_account_id: accountId,
          created_at: this.clock.now(),
        };
        await this.accounts.insert(environmentId, account);
        await this.audit.record(environmentId, {
          action: 'stripe_account.created',
          target: { type: 'stripe_account', id: account.id },
          after: { stripe_account_id: accountId },
        });
      },
    });
  }

  async get(environmentId: string, mode: Mode) {
    const account = await this.database.tenant(environmentId, () => this.accounts.find(environmentId));
    return {
      status: statusOf(account),
      stripe_account_id: account?.stripe_account_id ?? null,
      charges_enabled: account?.charges_enabled ?? false,
      payouts_enabled: account?.payouts_enabled ?? false,
      emulated: this.clients.isEmulated(mode),
      connected_at: account?.connected_at ?? null,
    };
  }

  /** Makes the account if there is none, and returns the address of Stripe's pages that finish setting it up. */
  async connect(environmentId: string, mode: Mode, returnUrl: string): Promise<{ url: string }> {
    const existing = await this.database.tenant(environmentId, () => this.accounts.find(environmentId));
    const accountId = existing?.stripe_account_id ?? (await this.create(environmentId, mode));
    try {
      const url = await onboardingUrl(this.clients.of(mode), accountId, {
        return_url: returnUrl,
        refresh_url: returnUrl,
      });
      return { url };
    } catch (error) {
      throw translateStripeError(error);
    }
  }

  /** Asks Stripe how the account stands and takes it over. Throws `ConnectStripeFirst` when there is none. */
  async refresh(environmentId: string, mode: Mode) {
    if (!(await this.takeOver(environmentId))) {
      throw new ConnectStripeFirst();
    }
    return this.get(environmentId, mode);
  }

  /** Makes our row say what Stripe says. False when the environment has no account. */
  async takeOver(environmentId: string): Promise<boolean> {
    const account = await this.database.tenant(environmentId, () => this.accounts.find(environmentId));
    if (account === undefined) {
      return false;
    }
    const client = this.clients.of(account.mode);
    const state = await retrieveAccount(client, account.stripe_account_id).catch((error: unknown) => {
      throw translateStripeError(error);
    });
    await this.database.tenant(environmentId, async () => {
      const current = await this.accounts.lock(environmentId);
      if (current === undefined) {
        return;
      }
      const isFirstTime = current.connected_at === null && state.charges_enabled;
      await this.accounts.update(environmentId, current.id, {
        ...state,
        ...(isFirstTime ? { connected_at: this.clock.now() } : {}),
      });
      if (isFirstTime) {
        await this.audit.record(environmentId, {
          action: 'stripe_account.connected',
          target: { type: 'stripe_account', id: current.id },
          after: state,
        });
        await this.onboarding.complete(environmentId, 'connect_stripe');
        await this.outbox.add(environmentId, accountConnected, {});
      }
    });
    return true;
  }

  /** The merchant took the connection away on Stripe's side. */
  disconnect(environmentId: string): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      const account = await this.accounts.find(environmentId);
      if (account !== undefined) {
        await this.accounts.update(environmentId, account.id, { disconnected_at: this.clock.now() });
        await this.audit.record(environmentId, {
          action: 'stripe_account.disconnected',
          target: { type: 'stripe_account', id: account.id },
        });
      }
    });
  }

  private async create(environmentId: string, mode: Mode): Promise<string> {
    const merchantName = await this.database.tenant(environmentId, () =>
      this.merchants.nameOf(environmentId),
    );
    return this.intents.perform(environmentId, accountIntent, 'account', {
      mode,
      email: requestContext.current()?.actor.label ?? '',
      merchant_name: merchantName,
    });
  }
}

function statusOf(account: { connected_at: Date | null } | undefined) {
  if (account === undefined) {
    return 'not_connected' as const;
  }
  return account.connected_at === null ? ('onboarding' as const) : ('connected' as const);
}
