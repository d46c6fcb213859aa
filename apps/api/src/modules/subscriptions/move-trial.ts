import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import { findTrialEnd, setTrialEnd } from '../../stripe/stripe.subscriptions.ts';
import { refreshCustomer } from '../entitlements/entitlements.jobs.ts';
import { DateNotAhead, NotOnTrial } from './subscriptions.errors.ts';
import { type Subscription, SubscriptionsService } from './subscriptions.service.ts';
import { SyncCustomer } from './sync-customer.ts';

const trialIntent = {
  kind: 'subscription.set_trial_end',
  params: z.object({
    customer_id: z.string(),
    stripe_subscription_id: z.string(),
    trial_end: z.union([z.literal('now'), z.iso.datetime()]),
  }),
};

/** Sets when a trial ends: a date, never so many days more; or now, which charges the first period. */
@Injectable()
export class MoveTrial implements OnModuleInit {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly syncCustomer: SyncCustomer,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...trialIntent,
      call: async (params, { environment_id: environmentId, idempotency_key: key }) => {
        const { stripe_subscription_id: id, trial_end: end } = params;
        const connection = await this.connections.of(environmentId);
        await setTrialEnd(connection, id, end === 'now' ? end : new Date(end), key);
        return { stripe_object_id: id };
      },
      recover: async ({ stripe_subscription_id: id, trial_end: end }, { environment_id: environmentId }) =>
        findTrialEnd(await this.connections.of(environmentId), id, end === 'now' ? end : new Date(end)),
      settle: async (environmentId, { customer_id: id }) => {
        await this.outbox.add(environmentId, refreshCustomer, { customer_id: id });
      },
    });
  }

  /**
   * Throws `SubscriptionNotFound`, `NotOnTrial`, `DateNotAhead`, `PaymentFailed` when ending it now cannot be paid (the
   * trial goes on then), `StripeUnavailable`.
   */
  async move(environmentId: string, id: string, end: Date | 'now'): Promise<Subscription> {
    const subscription = await this.subscriptions.get(environmentId, id);
    if (subscription.status !== 'trialing' || subscription.stripe_subscription_id === null) {
      throw new NotOnTrial(id);
    }
    if (end !== 'now' && end <= this.clock.now()) {
      throw new DateNotAhead('trial_end');
    }
    await this.intents.perform(environmentId, trialIntent, `${id}:${subscription.version}`, {
      customer_id: subscription.customer.id,
      stripe_subscription_id: subscription.stripe_subscription_id,
      trial_end: end === 'now' ? end : end.toISOString(),
    });
    await this.syncCustomer.sync(environmentId, subscription.customer.id);
    return this.subscriptions.get(environmentId, id);
  }
}
