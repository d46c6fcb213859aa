import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import { releaseSchedule } from '../../stripe/stripe.subscriptions.ts';
import { refreshCustomer } from '../entitlements/entitlements.jobs.ts';
import { type Subscription, SubscriptionsService } from './subscriptions.service.ts';
import { SyncCustomer } from './sync-customer.ts';

const undoIntent = {
  kind: 'subscription.undo_change',
  params: z.object({ customer_id: z.string(), stripe_schedule_id: z.string() }),
};

/** Takes back a change that was to come at the end of the period. */
@Injectable()
export class UndoChange implements OnModuleInit {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly syncCustomer: SyncCustomer,
    private readonly outbox: Outbox,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...undoIntent,
      call: async ({ stripe_schedule_id: id }, { environment_id: environmentId, idempotency_key: key }) => {
        await releaseSchedule(await this.connections.of(environmentId), id, key);
        return { stripe_object_id: id };
      },
      recover: 'repeat',
      settle: async (environmentId, { customer_id: id }) => {
        await this.outbox.add(environmentId, refreshCustomer, { customer_id: id });
      },
    });
  }

  /** Where nothing is to come, nothing changes. Throws `SubscriptionNotFound`, `StripeUnavailable`. */
  async undo(environmentId: string, id: string): Promise<Subscription> {
    const subscription = await this.subscriptions.get(environmentId, id);
    if (subscription.stripe_schedule_id === null) {
      return subscription;
    }
    await this.intents.perform(environmentId, undoIntent, subscription.stripe_schedule_id, {
      customer_id: subscription.customer.id,
      stripe_schedule_id: subscription.stripe_schedule_id,
    });
    await this.syncCustomer.sync(environmentId, subscription.customer.id);
    return this.subscriptions.get(environmentId, id);
  }
}
