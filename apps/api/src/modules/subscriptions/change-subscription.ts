import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import { previewChange, previewRenewal } from '../../stripe/stripe.previews.ts';
import { scheduleChange } from '../../stripe/stripe.schedules.ts';
import { changeStripeSubscription, findChangedSubscription } from '../../stripe/stripe.subscriptions.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { refreshCustomer } from '../entitlements/entitlements.jobs.ts';
import { SetBackUsage } from '../entitlements/set-back-usage.ts';
import { FlushUsage } from '../usage/flush-usage.ts';
import { type ChangeWish, PlanChange } from './plan-change.ts';
import { SubscriptionSettings } from './subscription-settings.service.ts';
import { setBackUsage } from './subscriptions.jobs.ts';
import { type Subscription, SubscriptionsService } from './subscriptions.service.ts';
import { SyncCustomer } from './sync-customer.ts';

const itemChange = z.object({
  stripe_subscription_item_id: z.string().nullable(),
  stripe_price_id: z.string().nullable(),
  quantity: z.int().nullable(),
});

const changeIntent = {
  kind: 'subscription.change',
  params: z.object({
    customer_id: z.string(),
    stripe_subscription_id: z.string(),
    stripe_schedule_id: z.string().nullable(),
    plan_version_id: z.string(),
    items: z.array(itemChange),
    proration: z.enum(['invoice', 'next_invoice', 'none']),
    proration_at: z.int(),
    stripe_coupon_ids: z.array(z.string()).optional(),
    reset_usage: z.boolean().optional(),
  }),
};

const scheduleIntent = {
  kind: 'subscription.schedule_change',
  params: z.object({
    customer_id: z.string(),
    stripe_subscription_id: z.string(),
    stripe_schedule_id: z.string().nullable(),
    plan_version_id: z.string(),
    items: z.array(z.object({ stripe_price_id: z.string(), quantity: z.int().nullable() })),
    stripe_coupon_ids: z.array(z.string()).optional(),
  }),
};

/**
 * Changes what a subscription is for: plan, interval, quantity, add-ons, coupon; now, or at the end of the period. A
 * preview is the same without the change, and has the second from which it counts: a change that names it charges what
 * the preview said, to the cent.
 */
@Injectable()
export class ChangeSubscription implements OnModuleInit {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly customers: CustomersService,
    private readonly changes: PlanChange,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly syncCustomer: SyncCustomer,
    private readonly outbox: Outbox,
    private readonly usage: FlushUsage,
    private readonly settings: SubscriptionSettings,
    private readonly setBack: SetBackUsage,
    private readonly handlers: JobHandlers,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    const settle = async (environmentId: string, { customer_id: id }: { customer_id: string }) => {
      await this.outbox.add(environmentId, refreshCustomer, { customer_id: id });
    };
    this.intents.register({
      ...changeIntent,
      call: async (params, context) =>
        changeStripeSubscription(
          await this.connections.of(context.environment_id),
          params.stripe_subscription_id,
          { ...params, stripe_coupon_ids: params.stripe_coupon_ids },
          context,
        ),
      recover: async (params, context) =>
        findChangedSubscription(
          await this.connections.of(context.environment_id),
          params.stripe_subscription_id,
          params,
          context,
        ),
      settle: async (environmentId, params) => {
        // What was used up to now is on the invoice of the change.
        await this.usage.noteSwitch(environmentId, params.customer_id, this.clock.now());
        if (params.reset_usage === true) {
          await this.outbox.add(environmentId, setBackUsage, {
            customer_id: params.customer_id,
            at: momentOf(params).toISOString(),
          });
        }
        await settle(environmentId, params);
      },
    });
    this.handlers.register(
      setBackUsage,
      async ({ customer_id: id, at }, { environment_id: environmentId }) => {
        await this.syncCustomer.sync(environmentId, id);
        await this.setBack.setBack(environmentId, id, new Date(at));
      },
    );
    this.intents.register({
      ...scheduleIntent,
      call: async (params, { environment_id: environmentId, idempotency_key: key }) =>
        scheduleChange(await this.connections.of(environmentId), params.stripe_subscription_id, params, key),
      recover: 'repeat',
      settle,
    });
  }

  /** Throws what `PlanChange.prepare` throws, and `StripeUnavailable`. */
  async preview(environmentId: string, id: string, wish: ChangeWish) {
    const change = await this.changes.prepare(environmentId, id, wish);
    const { subscription } = change;
    const connection = await this.connections.of(environmentId);
    if (change.when === 'now') {
      await this.usage.tellNow(environmentId, subscription.customer.id);
    }
    const customer = await this.customers.get(environmentId, subscription.customer.id);
    const ids = {
      stripe_customer_id: customer.stripe_customer_id ?? '',
      stripe_subscription_id: change.stripe_subscription_id,
    };
    const dueNow =
      change.when === 'period_end' || change.proration !== 'invoice'
        ? undefined
        : await previewChange(connection, ids, change);
    const renewal =
      subscription.cancel_at === null ? await previewRenewal(connection, ids, change) : undefined;
    return {
      kind: change.kind,
      when: change.when,
      effective_at: change.effective_at,
      proration_at: new Date(change.proration_at * 1_000),
      plan: { before: subscription.plan, after: change.plan },
      due_now: dueNow === undefined ? null : charge(dueNow),
      next_renewal: renewal === undefined ? null : charge(renewal),
      entitlements: change.entitlements,
    };
  }

  /**
   * Throws what `PlanChange.prepare` throws, `PaymentFailed` (then everything is as it was), `OtherCallUnderWay`,
   * `StripeUnavailable`.
   */
  async change(environmentId: string, id: string, wish: ChangeWish): Promise<Subscription> {
    const change = await this.changes.prepare(environmentId, id, wish);
    const customerId = change.subscription.customer.id;
    // One wish per state of the subscription: two requests at once for the same thing are one.
    const dedupeKey = `${id}:${change.subscription.version}`;
    const resets = change.when === 'now' && (await this.resetsUsage(environmentId, change.kind, wish));
    const target = {
      customer_id: customerId,
      stripe_subscription_id: change.stripe_subscription_id,
      stripe_schedule_id: change.stripe_schedule_id,
      plan_version_id: change.plan_version_id,
      ...(change.stripe_coupon_ids === undefined ? {} : { stripe_coupon_ids: change.stripe_coupon_ids }),
    };
    if (change.when === 'now') {
      // Use so far is charged at the old price.
      await this.usage.tellNow(environmentId, customerId);
    }
    await (change.when === 'now'
      ? this.intents.perform(environmentId, changeIntent, dedupeKey, {
          ...target,
          items: change.items,
          proration: change.proration,
          proration_at: change.proration_at,
          ...(resets ? { reset_usage: true } : {}),
        })
      : this.intents.perform(environmentId, scheduleIntent, dedupeKey, { ...target, items: change.sold }));
    await this.syncCustomer.sync(environmentId, customerId);
    if (resets) {
      await this.setBack.setBack(environmentId, customerId, momentOf(change));
    }
    return this.subscriptions.get(environmentId, id);
  }

  /** Only an upgrade does by the settings. Any change may, for whoever says so. */
  private async resetsUsage(environmentId: string, kind: string, wish: ChangeWish): Promise<boolean> {
    if (wish.reset_usage !== undefined || kind !== 'upgrade') {
      return wish.reset_usage ?? false;
    }
    return (await this.settings.get(environmentId)).reset_usage_on_upgrade;
  }
}

/** From when a change counts. */
function momentOf({ proration_at: seconds }: { proration_at: number }): Date {
  return new Date(seconds * 1_000);
}

type Charge = NonNullable<Awaited<ReturnType<typeof previewChange>>>;

function charge(preview: Charge) {
  const { currency } = preview;
  const money = (amount: number) => ({ amount, currency });
  return {
    subtotal: money(preview.subtotal),
    discount: money(preview.discount),
    tax: money(preview.tax),
    total: money(preview.total),
    amount_due: money(preview.amount_due),
    lines: preview.lines.map((line) => ({ ...line, amount: money(line.amount) })),
  };
}
