import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database } from '../../platform/database/database.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import { AlertsService } from '../alerts/alerts.service.ts';
import { SyncCatalog } from '../catalog/sync-catalog.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { accountAnswered, accountReconnected, accountReplaced } from '../merchants/stripe-account.jobs.ts';
import { StripeAccountService } from '../merchants/stripe-account.service.ts';
import { CompareSubscriptions } from '../subscriptions/compare-subscriptions.ts';
import { MeterDrift } from '../usage/meter-drift.ts';
import { pageSize } from './phase.ts';
import { Reconcile } from './reconcile.ts';

const lostKey = 'stripe_account.lost';
/** Made with the platform's own key: of no account. */
const kindsOfNoAccount = ['account.create'];

/** What follows in all modules when an environment comes back to its Stripe account, moves to another, or loses it. */
@Injectable()
export class ReplaceAccount implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly accounts: StripeAccountService,
    private readonly connections: Connections,
    private readonly subscriptions: CompareSubscriptions,
    private readonly customers: CustomersService,
    private readonly catalog: SyncCatalog,
    private readonly meters: MeterDrift,
    private readonly intents: Intents,
    private readonly reconcile: Reconcile,
    private readonly alerts: AlertsService,
    private readonly handlers: JobHandlers,
  ) {}

  onModuleInit(): void {
    this.handlers.register(accountReplaced, (_, { environment_id: environmentId }) =>
      this.forgetFormer(environmentId),
    );
    this.handlers.register(accountReconnected, async (_, { environment_id: environmentId }) => {
      if ((await this.connections.find(environmentId)) !== undefined) {
        await this.reconcile.start(environmentId, 'connected');
      }
    });
    this.handlers.register(accountAnswered, (_, { environment_id: environmentId }) =>
      this.tell(environmentId),
    );
  }

  /** Ends what ran on the former account, then forgets every link with it in one transaction: until then nothing is sold. */
  private async forgetFormer(environmentId: string): Promise<void> {
    if ((await this.accounts.replaced(environmentId)) === null) {
      return;
    }
    let page: Awaited<ReturnType<CompareSubscriptions['unended']>>;
    do {
      // Each page ends, so that the first one is always the next.
      page = await this.subscriptions.unended(environmentId, '', pageSize);
      for (const { customer_id: customerId, id } of page) {
        await this.subscriptions.endLost(environmentId, customerId, id, 'account_replaced');
      }
    } while (page.length > 0);
    await this.database.tenant(environmentId, async () => {
      await this.catalog.forgetAccount(environmentId);
      await this.customers.unlinkStripeCustomers(environmentId);
      await this.meters.forgetAccount(environmentId);
      await this.intents.forgetAccount(environmentId, kindsOfNoAccount);
      await this.accounts.finishReplacement(environmentId);
    });
  }

  private async tell(environmentId: string): Promise<void> {
    if (await this.accounts.isLost(environmentId)) {
      await this.alerts.raise(environmentId, {
        kind: 'stripe_account.lost',
        dedupe_key: lostKey,
        severity: 'critical',
        title: 'Stripe refuses the connection',
        detail:
          'BillingOS may not act for your Stripe account any more: nothing can be sold or changed. Connect it again under Settings → Stripe.',
        target: { type: 'environment', id: environmentId },
      });
    } else {
      await this.alerts.resolve(environmentId, lostKey);
    }
  }
}
