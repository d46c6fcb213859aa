import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import {
  pauseStripeSubscription,
  releaseSchedule,
  resumeStripeSubscription,
} from '../../stripe/stripe.subscriptions.ts';
import { refreshCustomer } from '../entitlements/entitlements.jobs.ts';
import { CancelSubscription } from './cancel-subscription.ts';
import { isRunning } from './subscription.ts';
import {
  CannotPause,
  DateNotAhead,
  SubscriptionEnded,
  SubscriptionNotOnStripe,
} from './subscriptions.errors.ts';
import { type Subscription, SubscriptionsService } from './subscriptions.service.ts';
import { SyncCustomer } from './sync-customer.ts';

const pauseIntent = {
  kind: 'subscription.pause',
  params: z.object({
    customer_id: z.string(),
    stripe_subscription_id: z.string(),
    stripe_schedule_id: z.string().nullable(),
    resumes_at: z.iso.datetime().nullable(),
  }),
};

const resumeIntent = {
  kind: 'subscription.resume',
  params: z.object({ customer_id: z.string(), stripe_subscription_id: z.string() }),
};

/** Pauses a subscription: nothing is charged, nothing may be used, until it is resumed or the date that was set. */
@Injectable()
export class PauseSubscription implements OnModuleInit {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly cancellation: CancelSubscription,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly syncCustomer: SyncCustomer,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    const settle = async (environmentId: string, { customer_id: id }: { customer_id: string }) => {
      await this.outbox.add(environmentId, refreshCustomer, { customer_id: id });
    };
    this.intents.register({
      ...pauseIntent,
      call: async (params, { environment_id: environmentId, idempotency_key: key }) => {
        const connection = await this.connections.of(environmentId);
        const { stripe_subscription_id: id, resumes_at: resumesAt } = params;
        if (params.stripe_schedule_id !== null) {
          await releaseSchedule(connection, params.stripe_schedule_id, key);
        }
        await pauseStripeSubscription(connection, id, resumesAt === null ? null : new Date(resumesAt), key);
        return { stripe_object_id: id };
      },
      recover: 'repeat',
      settle,
    });
    this.intents.register({
      ...resumeIntent,
      call: async (
        { stripe_subscription_id: id },
        { environment_id: environmentId, idempotency_key: key },
      ) => {
        await resumeStripeSubscription(await this.connections.of(environmentId), id, key);
        return { stripe_object_id: id };
      },
      recover: 'repeat',
      settle,
    });
  }

  /**
   * Pausing what is paused moves the date at which it resumes. `even_late`: also one that was not paid, as what follows
   * when its payment is given up. Throws `SubscriptionNotFound`, `SubscriptionEnded`,
   * `SubscriptionNotOnStripe`, `CannotPause`, `DateNotAhead`, `StripeUnavailable`.
   */
  async pause(
    environmentId: string,
    id: string,
    resumesAt: Date | null,
    options: { even_late?: boolean } = {},
  ): Promise<Subscription> {
    const subscription = await this.subscriptions.get(environmentId, id);
    if (!isRunning(subscription.status)) {
      throw new SubscriptionEnded(id);
    }
    if (subscription.stripe_subscription_id === null) {
      throw new SubscriptionNotOnStripe(id);
    }
    if (resumesAt !== null && resumesAt <= this.clock.now()) {
      throw new DateNotAhead('resumes_at');
    }
    const isLate = subscription.status === 'past_due' || subscription.status === 'unpaid';
    if (isLate && options.even_late !== true) {
      throw new CannotPause(id);
    }
    if (subscription.paused_at !== null && subscription.resumes_at?.getTime() === resumesAt?.getTime()) {
      return subscription;
    }
    await this.intents.perform(environmentId, pauseIntent, `${id}:${subscription.version}`, {
      customer_id: subscription.customer.id,
      stripe_subscription_id: subscription.stripe_subscription_id,
      stripe_schedule_id: subscription.stripe_schedule_id,
      resumes_at: resumesAt?.toISOString() ?? null,
    });
    await this.syncCustomer.sync(environmentId, subscription.customer.id);
    return this.subscriptions.get(environmentId, id);
  }

  /**
   * Lets a subscription go on: ends a pause, or takes back that it was to end with its period. One that goes on anyway
   * stays as it is. Throws `PaymentFailed` when a new period is to be paid and cannot be.
   */
  async resume(environmentId: string, id: string): Promise<Subscription> {
    const subscription = await this.subscriptions.get(environmentId, id);
    if (subscription.status !== 'paused' || subscription.stripe_subscription_id === null) {
      return this.cancellation.undo(environmentId, id);
    }
    await this.intents.perform(environmentId, resumeIntent, `${id}:${subscription.version}`, {
      customer_id: subscription.customer.id,
      stripe_subscription_id: subscription.stripe_subscription_id,
    });
    await this.syncCustomer.sync(environmentId, subscription.customer.id);
    return this.subscriptions.get(environmentId, id);
  }
}
