import type Stripe from 'stripe';
import type { Connection } from './connections.ts';
import { findMarked } from './find-marked.ts';
import type { CallContext, CallResult } from './intents.ts';
import { isMissing } from './stripe.errors.ts';

/** What is sold: a price, and how many of it. No quantity: charged by use. */
export interface SoldItem {
  stripe_price_id: string;
  quantity: number | null;
}

/** How an item of a subscription changes: a new one has no id yet, a removed one no price any more. */
export interface ItemChange {
  stripe_subscription_item_id: string | null;
  stripe_price_id: string | null;
  quantity: number | null;
}

export interface Taxation {
  automatic: boolean;
  /** Stripe tax rates, where tax is not automatic. */
  tax_rates: string[];
}

export interface Trial {
  days: number;
  requires_card: boolean;
  end: 'cancel' | 'pause';
}

export interface NewSubscription {
  stripe_customer_id: string;
  items: SoldItem[];
  plan_version_id: string;
  trial: Trial | null;
  stripe_coupon_id: string | null;
  taxation: Taxation;
}

/** Creates a subscription, or nothing when its first payment fails. */
export async function createStripeSubscription(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  wish: NewSubscription,
  { idempotency_key: idempotencyKey, intent_id: intentId }: CallContext,
): Promise<CallResult> {
  const subscription = await stripe.subscriptions.create(
    {
      customer: wish.stripe_customer_id,
      items: wish.items.map(soldItem),
      payment_behavior: 'error_if_incomplete',
      metadata: { bos_plan_version_id: wish.plan_version_id, bos_intent_id: intentId },
      ...taxed(wish.taxation),
      ...(wish.stripe_coupon_id === null ? {} : { discounts: [{ coupon: wish.stripe_coupon_id }] }),
      ...(wish.trial === null
        ? {}
        : {
            trial_period_days: wish.trial.days,
            trial_settings: { end_behavior: { missing_payment_method: wish.trial.end } },
          }),
    },
    { stripeAccount, idempotencyKey },
  );
  return { stripe_object_id: subscription.id };
}

/** The subscription that was made for a wish. */
export async function findStripeSubscription(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  { stripe_customer_id: customer }: { stripe_customer_id: string },
  { intent_id: intentId }: CallContext,
): Promise<CallResult | undefined> {
  return findMarked(
    stripe.subscriptions.list({ customer, status: 'all', limit: 100 }, { stripeAccount }),
    'bos_intent_id',
    intentId,
  );
}

export interface SubscriptionChange {
  items: ItemChange[];
  plan_version_id: string;
  proration: 'invoice' | 'next_invoice' | 'none';
  /** The second from which the new terms count; the same in a preview and in the change it previewed. */
  proration_at: number;
  /** The coupons it shall carry. Undefined: as it is. */
  stripe_coupon_ids: string[] | undefined;
}

const prorationBehaviors = {
  invoice: 'always_invoice',
  next_invoice: 'create_prorations',
  none: 'none',
} as const;

/**
 * Changes what a subscription is for, at once. A payment that fails leaves it as it was. What was to change later does
 * not any more: its schedule is released after the change took effect.
 */
export async function changeStripeSubscription(
  connection: Connection,
  id: string,
  change: SubscriptionChange & { stripe_schedule_id: string | null },
  { idempotency_key: idempotencyKey, intent_id: intentId }: CallContext,
): Promise<CallResult> {
  const { stripe, stripe_account_id: stripeAccount } = connection;
  await stripe.subscriptions.update(
    id,
    {
      items: change.items.map(changedItem),
      proration_behavior: prorationBehaviors[change.proration],
      ...(change.proration === 'none' ? {} : { proration_date: change.proration_at }),
      payment_behavior: 'error_if_incomplete',
      metadata: { bos_plan_version_id: change.plan_version_id, bos_change_id: intentId },
      ...discounted(change.stripe_coupon_ids),
    },
    { stripeAccount, idempotencyKey },
  );
  if (change.stripe_schedule_id !== null) {
    await releaseSchedule(connection, change.stripe_schedule_id, idempotencyKey);
  }
  return { stripe_object_id: id };
}

/** The subscription, if this change was the last one that was made to it: then what follows a change is done, too. */
export async function findChangedSubscription(
  connection: Connection,
  id: string,
  { stripe_schedule_id: scheduleId }: { stripe_schedule_id: string | null },
  { idempotency_key: idempotencyKey, intent_id: intentId }: CallContext,
): Promise<CallResult | undefined> {
  const { stripe, stripe_account_id: stripeAccount } = connection;
  const { metadata } = await stripe.subscriptions.retrieve(id, {}, { stripeAccount });
  if (metadata['bos_change_id'] !== intentId) {
    return undefined;
  }
  if (scheduleId !== null) {
    await releaseSchedule(connection, scheduleId, idempotencyKey);
  }
  return { stripe_object_id: id };
}

/** Lets a subscription go on as it is. A schedule that has ended already is as it should be. */
export async function releaseSchedule(
  { stripe, stripe_account_id: stripeAccount }: Pick<Connection, 'stripe' | 'stripe_account_id'>,
  stripeScheduleId: string,
  idempotencyKey: string,
): Promise<void> {
  const schedule = await stripe.subscriptionSchedules.retrieve(stripeScheduleId, {}, { stripeAccount });
  if (schedule.status === 'active' || schedule.status === 'not_started') {
    await stripe.subscriptionSchedules.release(
      stripeScheduleId,
      {},
      { stripeAccount, idempotencyKey: `${idempotencyKey}:release` },
    );
  }
}

/** Why a customer leaves, in Stripe's words. */
export const cancellationReasons = [
  'customer_service',
  'low_quality',
  'missing_features',
  'other',
  'switched_service',
  'too_complex',
  'too_expensive',
  'unused',
] as const;

export interface Cancellation {
  when: 'now' | 'period_end';
  /** credit: what is unused becomes credit of the customer. */
  unused: 'keep' | 'credit';
  /** Whether a last invoice charges what was used and is not billed yet; else nobody is charged for it. */
  charges_usage: boolean;
  reason: (typeof cancellationReasons)[number] | null;
  comment: string | null;
}

/** Ends a subscription. One that Stripe has ended already is as it should be: a repetition after a crash finds that. */
export async function cancelStripeSubscription(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
  { when, unused, charges_usage: chargesUsage, reason, comment }: Cancellation,
  idempotencyKey: string,
): Promise<void> {
  const options = { stripeAccount, idempotencyKey };
  const told =
    reason === null && comment === null
      ? {}
      : {
          cancellation_details: {
            ...(reason === null ? {} : { feedback: reason }),
            ...(comment === null ? {} : { comment }),
          },
        };
  if (when === 'period_end') {
    await stripe.subscriptions.update(id, { cancel_at_period_end: true, ...told }, options);
    return;
  }
  try {
    const isCredited = unused === 'credit';
    await stripe.subscriptions.cancel(
      id,
      {
        ...told,
        ...(isCredited ? { prorate: true } : {}),
        // Stripe forgets what was used and not billed yet where it is not asked for a last invoice.
        ...(isCredited || chargesUsage ? { invoice_now: true } : {}),
      },
      options,
    );
  } catch (error) {
    if (!isMissing(error)) {
      throw error;
    }
  }
}

/** Takes a cancellation at the end of the period back. */
export async function keepStripeSubscription(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
  idempotencyKey: string,
): Promise<void> {
  await stripe.subscriptions.update(id, { cancel_at_period_end: false }, { stripeAccount, idempotencyKey });
}

/** Charges nothing from now on: invoices that fall due meanwhile are voided. */
export async function pauseStripeSubscription(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
  resumesAt: Date | null,
  idempotencyKey: string,
): Promise<void> {
  await stripe.subscriptions.update(
    id,
    {
      pause_collection: {
        behavior: 'void',
        ...(resumesAt === null ? {} : { resumes_at: seconds(resumesAt) }),
      },
    },
    { stripeAccount, idempotencyKey },
  );
}

/**
 * Ends a pause. One that Stripe paused itself, when a trial ended without a payment method, begins a new period that is
 * charged now, and stays paused when that fails.
 */
export async function resumeStripeSubscription(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
  idempotencyKey: string,
): Promise<void> {
  const options = { stripeAccount, idempotencyKey };
  const subscription = await stripe.subscriptions.retrieve(id, {}, { stripeAccount });
  if (subscription.status === 'paused') {
    await stripe.subscriptions.resume(
      id,
      { billing_cycle_anchor: { type: 'now' }, payment_behavior: 'resume_on_payment_success' },
      options,
    );
  } else {
    await stripe.subscriptions.update(id, { pause_collection: '' }, options);
  }
}

/** Moves the end of a trial, or ends it now and charges the first period; when that fails, the trial goes on. */
export async function setTrialEnd(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
  trialEnd: Date | 'now',
  idempotencyKey: string,
): Promise<void> {
  await stripe.subscriptions.update(
    id,
    {
      trial_end: trialEnd === 'now' ? 'now' : seconds(trialEnd),
      proration_behavior: 'none',
      payment_behavior: 'error_if_incomplete',
    },
    { stripeAccount, idempotencyKey },
  );
}

/** A subscription whose trial ends, or has ended, as it was to. */
export async function findTrialEnd(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
  trialEnd: Date | 'now',
): Promise<CallResult | undefined> {
  const { status, trial_end: end } = await stripe.subscriptions.retrieve(id, {}, { stripeAccount });
  const isDone = trialEnd === 'now' ? status !== 'trialing' : end === seconds(trialEnd);
  return isDone ? { stripe_object_id: id } : undefined;
}

export function soldItem({ stripe_price_id: price, quantity }: SoldItem) {
  return { price, ...(quantity === null ? {} : { quantity }) };
}

export function changedItem(change: ItemChange): Stripe.SubscriptionUpdateParams.Item {
  const { stripe_subscription_item_id: id, stripe_price_id: price, quantity } = change;
  return {
    ...(id === null ? {} : { id }),
    ...(price === null ? { deleted: true } : { price }),
    ...(quantity === null ? {} : { quantity }),
  };
}

export function discounted(stripeCouponIds: string[] | undefined) {
  if (stripeCouponIds === undefined) {
    return {};
  }
  return {
    discounts: stripeCouponIds.length === 0 ? ('' as const) : stripeCouponIds.map((coupon) => ({ coupon })),
  };
}

function taxed({ automatic, tax_rates: rates }: Taxation) {
  return {
    ...(automatic ? { automatic_tax: { enabled: true } } : {}),
    ...(automatic || rates.length === 0 ? {} : { default_tax_rates: rates }),
  };
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1_000);
}
