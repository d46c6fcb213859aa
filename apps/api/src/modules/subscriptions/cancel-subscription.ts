import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import { previewUnused } from '../../stripe/stripe.previews.ts';
import { refundUnused } from '../../stripe/stripe.unused-time.ts';
import {
  cancellationReasons,
  cancelStripeSubscription,
  keepStripeSubscription,
  releaseSchedule,
} from '../../stripe/stripe.subscriptions.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { refreshCustomer } from '../entitlements/entitlements.jobs.ts';
import { FlushUsage } from '../usage/flush-usage.ts';
import { ManualSubscriptions } from './manual-subscriptions.ts';
import { isRunning } from './subscription.ts';
import { SubscriptionEnded, SubscriptionNotOnStripe } from './subscriptions.errors.ts';
import type { CancelWish } from './cancel-wish.ts';
import { type Subscription, SubscriptionsService } from './subscriptions.service.ts';
import { SyncCustomer } from './sync-customer.ts';

const cancelIntent = {
  kind: 'subscription.cancel',
  params: z.object({
    customer_id: z.string(),
    stripe_subscription_id: z.string(),
    stripe_schedule_id: z.string().nullable().default(null),
    when: z.enum(['now', 'period_end']),
    unused: z.enum(['keep', 'credit']).default('keep'),
    charges_usage: z.boolean().default(false),
    /** Minor units to give back to the card. */
    refund_amount: z.int().nullable().default(null),
    reason: z.enum(cancellationReasons).nullable().default(null),
    comment: z.string().nullable().default(null),
  }),
};

const keepIntent = {
  kind: 'subscription.keep',
  params: z.object({ customer_id: z.string(), stripe_subscription_id: z.string() }),
};

/** Ends a subscription, at once or when what was paid for is used up; and takes the latter back. */
@Injectable()
export class CancelSubscription implements OnModuleInit {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly manual: ManualSubscriptions,
    private readonly customers: CustomersService,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly syncCustomer: SyncCustomer,
    private readonly usage: FlushUsage,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    const settle = async (environmentId: string, { customer_id: id }: { customer_id: string }) => {
      await this.outbox.add(environmentId, refreshCustomer, { customer_id: id });
    };
    this.intents.register({
      ...cancelIntent,
      call: async (params, context) => {
        const { idempotency_key: key } = context;
        const connection = await this.connections.of(context.environment_id);
        const id = params.stripe_subscription_id;
        if (params.stripe_schedule_id !== null && params.when === 'period_end') {
          // Stripe lets nobody set the end of a subscription that a schedule has plans for.
          await releaseSchedule(connection, params.stripe_schedule_id, key);
        }
        if (params.refund_amount !== null) {
          await refundUnused(connection, id, params.refund_amount, context);
        }
        await cancelStripeSubscription(connection, id, params, key);
        return { stripe_object_id: id };
      },
      recover: 'repeat',
      settle: async (environmentId, params) => {
        if (params.charges_usage) {
          // What was used up to now is on the last invoice.
          await this.usage.noteSwitch(environmentId, params.customer_id, this.clock.now());
        }
        await settle(environmentId, params);
      },
    });
    this.intents.register({
      ...keepIntent,
      call: async (
        { stripe_subscription_id: id },
        { environment_id: environmentId, idempotency_key: key },
      ) => {
        await keepStripeSubscription(await this.connections.of(environmentId), id, key);
        return { stripe_object_id: id };
      },
      recover: 'repeat',
      settle,
    });
  }

  /**
   * Cancelling again what is to end anyway changes nothing. Throws `SubscriptionNotFound`, `SubscriptionEnded`,
   * `RefundNeedsCreditNote`, `StripeUnavailable`.
   */
  async cancel(environmentId: string, id: string, wish: CancelWish): Promise<Subscription> {
    const subscription = await this.subscriptions.get(environmentId, id);
    if (subscription.provider === 'manual') {
      await this.manual.cancel(environmentId, id, wish);
      return this.subscriptions.get(environmentId, id);
    }
    const stripeId = stripeIdOf(subscription);
    if (wish.when === 'period_end' && subscription.cancel_at !== null) {
      return subscription;
    }
    // While it is paused nobody is charged, for use neither.
    const chargesUsage = wish.when === 'now' && wish.charges_usage && subscription.status !== 'paused';
    if (chargesUsage) {
      await this.usage.tellNow(environmentId, subscription.customer.id);
    }
    // One wish per state of the subscription: after it was undone, it can be wished again.
    await this.intents.perform(environmentId, cancelIntent, `${id}:${wish.when}:${subscription.version}`, {
      customer_id: subscription.customer.id,
      stripe_subscription_id: stripeId,
      stripe_schedule_id: subscription.stripe_schedule_id,
      when: wish.when,
      unused: wish.when === 'now' && wish.refund === 'credit' ? 'credit' : 'keep',
      charges_usage: chargesUsage,
      refund_amount:
        wish.when === 'now' && wish.refund === 'refund'
          ? await this.unusedAmount(environmentId, subscription, stripeId)
          : null,
      reason: wish.reason ?? null,
      comment: wish.comment ?? null,
    });
    await this.syncCustomer.sync(environmentId, subscription.customer.id);
    return this.subscriptions.get(environmentId, id);
  }

  /** Takes a cancellation at the end of the period back; one that is not to end stays as it is. */
  async undo(environmentId: string, id: string): Promise<Subscription> {
    const subscription = await this.subscriptions.get(environmentId, id);
    if (subscription.provider === 'manual') {
      await this.manual.undoCancel(environmentId, id);
      return this.subscriptions.get(environmentId, id);
    }
    const stripeId = stripeIdOf(subscription);
    if (subscription.cancel_at === null) {
      return subscription;
    }
    await this.intents.perform(environmentId, keepIntent, `${id}:${subscription.version}`, {
      customer_id: subscription.customer.id,
      stripe_subscription_id: stripeId,
    });
    await this.syncCustomer.sync(environmentId, subscription.customer.id);
    return this.subscriptions.get(environmentId, id);
  }

  /** What is paid and unused, in minor units, as Stripe would credit it. Null: nothing. */
  private async unusedAmount(
    environmentId: string,
    subscription: Subscription,
    stripeId: string,
  ): Promise<number | null> {
    const customer = await this.customers.get(environmentId, subscription.customer.id);
    const unused = await previewUnused(await this.connections.of(environmentId), {
      stripe_customer_id: customer.stripe_customer_id ?? '',
      stripe_subscription_id: stripeId,
    });
    return unused === 0 ? null : unused;
  }
}

function stripeIdOf(subscription: Subscription): string {
  if (!isRunning(subscription.status)) {
    throw new SubscriptionEnded(subscription.id);
  }
  if (subscription.stripe_subscription_id === null) {
    throw new SubscriptionNotOnStripe(subscription.id);
  }
  return subscription.stripe_subscription_id;
}
