import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import { cancelStripeSubscription } from '../../stripe/stripe.subscriptions.ts';
import { refreshCustomer } from '../entitlements/entitlements.jobs.ts';
import { isRunning } from './subscription.ts';
import { SubscriptionEnded } from './subscriptions.errors.ts';
import { type Subscription, SubscriptionsService } from './subscriptions.service.ts';
import { SyncCustomer } from './sync-customer.ts';

const cancelIntent = {
  kind: 'subscription.cancel',
  params: z.object({
    customer_id: z.string(),
    stripe_subscription_id: z.string(),
    when: z.enum(['now', 'period_end']),
  }),
};

/** Ends a subscription: at once, or when what was paid for is used up. */
@Injectable()
export class CancelSubscription implements OnModuleInit {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly syncCustomer: SyncCustomer,
    private readonly outbox: Outbox,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...cancelIntent,
      call: async (
        { stripe_subscription_id: id, when },
        { environment_id: environmentId, idempotency_key: key },
      ) => {
        const connection = await this.connections.of(environmentId);
        await cancelStripeSubscription(connection, id, when, key);
        return { stripe_object_id: id };
      },
      settle: async (environmentId, { customer_id: customerId }) => {
        await this.outbox.add(environmentId, refreshCustomer, { customer_id: customerId });
      },
    });
  }

  /** Cancelling again what is to end anyway changes nothing. Throws `SubscriptionNotFound`, `SubscriptionEnded`. */
  async cancel(environmentId: string, id: string, when: 'now' | 'period_end'): Promise<Subscription> {
    const subscription = await this.subscriptions.get(environmentId, id);
    if (!isRunning(subscription.status)) {
      throw new SubscriptionEnded(id);
    }
    const { stripe_subscription_id: stripeId } = subscription;
    if (stripeId === null) {
      throw new Error('wip');
    }
    if (when === 'period_end' && subscription.cancel_at !== null) {
      return subscription;
    }
    // One wish per state of the subscription: after it was undone, it can be wished again.
    await this.intents.perform(environmentId, cancelIntent, `${id}:${when}:${subscription.version}`, {
      customer_id: subscription.customer.id,
      stripe_subscription_id: stripeId,
      when,
    });
    await this.syncCustomer.sync(environmentId, subscription.customer.id);
    return this.subscriptions.get(environmentId, id);
  }
}
