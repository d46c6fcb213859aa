import type Stripe from 'stripe';
import type { Connection } from './connections.ts';
import { isMissing, translateStripeError } from './stripe.errors.ts';

export const stripeStatuses = [
  'incomplete',
  'incomplete_expired',
  'trialing',
  'active',
  'past_due',
  'unpaid',
  'paused',
  'canceled',
] as const;
export type SubscriptionStatus = (typeof stripeStatuses)[number];

/** A discount that a subscription carries. */
export interface DiscountState {
  stripe_discount_id: string;
  stripe_coupon_id: string;
  name: string | null;
  percent_off: number | null;
  amount_off: number | null;
  currency: string | null;
  duration: 'once' | 'repeating' | 'forever';
  started_at: Date;
  ends_at: Date | null;
}

/** What a subscription will change to by itself. */
export interface ScheduleState {
  stripe_schedule_id: string;
  /** Undefined: the schedule has no phase after the present one. */
  next: { effective_at: Date; items: { stripe_price_id: string; quantity: number }[] } | undefined;
}

/** A subscription as Stripe has it now, in our words. */
export interface SubscriptionState {
  stripe_subscription_id: string;
  stripe_customer_id: string;
  /** What we wrote on it when we made it. Undefined: somebody else made it. */
  plan_version_id: string | undefined;
  /** Stripe's, but paused also while Stripe's collection is. */
  status: SubscriptionStatus;
  billing_anchor: Date;
  current_period_start: Date;
  current_period_end: Date;
  trial_start: Date | null;
  trial_end: Date | null;
  resumes_at: Date | null;
  cancel_at: Date | null;
  canceled_at: Date | null;
  ended_at: Date | null;
  created_at: Date;
  items: { stripe_subscription_item_id: string; stripe_price_id: string; quantity: number }[];
  discounts: DiscountState[];
  schedule: ScheduleState | undefined;
}

const expand = ['discounts.source.coupon', 'schedule'];

/** Every subscription of a customer, ended ones too. */
export async function listSubscriptions(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  stripeCustomerId: string,
  timeoutMs: number,
): Promise<SubscriptionState[]> {
  try {
    const list = stripe.subscriptions.list(
      {
        customer: stripeCustomerId,
        status: 'all',
        limit: 100,
        expand: expand.map((field) => `data.${field}`),
      },
      { stripeAccount, timeout: timeoutMs, maxNetworkRetries: 0 },
    );
    const states: SubscriptionState[] = [];
    for await (const subscription of list) {
      states.push(subscriptionState(subscription));
    }
    return states;
  } catch (error) {
    throw translateStripeError(error);
  }
}

/** One subscription, ended or not. Undefined: Stripe has no such thing. */
export async function retrieveSubscription(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
): Promise<SubscriptionState | undefined> {
  try {
    return subscriptionState(await stripe.subscriptions.retrieve(id, { expand }, { stripeAccount }));
  } catch (error) {
    if (isMissing(error)) {
      return undefined;
    }
    throw translateStripeError(error);
  }
}

/** Translates Stripe's object. Since API version `basil`, periods live on the items. */
export function subscriptionState(subscription: Stripe.Subscription): SubscriptionState {
  const first = subscription.items.data[0];
  if (first === undefined) {
    throw new Error(`The Stripe subscription ${subscription.id} has no item.`);
  }
  const pause = subscription.pause_collection;
  return {
    stripe_subscription_id: subscription.id,
    stripe_customer_id: idOf(subscription.customer),
    plan_version_id: subscription.metadata['bos_plan_version_id'],
    status: statusOf(subscription),
    billing_anchor: date(subscription.billing_cycle_anchor),
    current_period_start: date(first.current_period_start),
    current_period_end: date(first.current_period_end),
    trial_start: optionalDate(subscription.trial_start),
    trial_end: optionalDate(subscription.trial_end),
    resumes_at: optionalDate(pause?.resumes_at ?? null),
    cancel_at: optionalDate(subscription.cancel_at),
    canceled_at: optionalDate(subscription.canceled_at),
    ended_at: optionalDate(subscription.ended_at),
    created_at: date(subscription.created),
    items: subscription.items.data.map((item) => ({
      stripe_subscription_item_id: item.id,
      stripe_price_id: item.price.id,
      quantity: item.quantity ?? 1,
    })),
    discounts: subscription.discounts.flatMap(discountState),
    schedule: scheduleState(subscription.schedule),
  };
}

function statusOf({ id, status, pause_collection: pause }: Stripe.Subscription): SubscriptionStatus {
  const known = stripeStatuses.find((one) => one === status);
  if (known === undefined) {
    throw new Error(`The Stripe subscription ${id} has the unknown status ${status}.`);
  }
  // Stripe leaves the status of a subscription whose collection is paused as it was.
  const isPaused = pause !== null && (known === 'active' || known === 'trialing' || known === 'past_due');
  return isPaused ? 'paused' : known;
}

function discountState(discount: string | Stripe.Discount): DiscountState[] {
  const coupon = typeof discount === 'string' ? null : discount.source.coupon;
  if (typeof discount === 'string' || coupon === null || typeof coupon === 'string') {
    throw new Error('A discount was to be expanded with its coupon.');
  }
  const duration = (['once', 'repeating', 'forever'] as const).find((one) => one === coupon.duration);
  if (duration === undefined) {
    throw new Error(`The coupon ${coupon.id} has the unknown duration ${coupon.duration}.`);
  }
  return [
    {
      stripe_discount_id: discount.id,
      stripe_coupon_id: coupon.id,
      name: coupon.name,
      percent_off: coupon.percent_off,
      amount_off: coupon.amount_off,
      currency: coupon.currency,
      duration,
      started_at: date(discount.start),
      ends_at: optionalDate(discount.end),
    },
  ];
}

function scheduleState(schedule: string | Stripe.SubscriptionSchedule | null): ScheduleState | undefined {
  if (schedule === null) {
    return undefined;
  }
  if (typeof schedule === 'string') {
    throw new Error('A schedule was to be expanded.');
  }
  const present = schedule.current_phase;
  const next = schedule.phases.find(({ start_date: start }) => present === null || start >= present.end_date);
  return {
    stripe_schedule_id: schedule.id,
    next:
      next === undefined
        ? undefined
        : {
            effective_at: date(next.start_date),
            items: next.items.map((item) => ({
              stripe_price_id: idOf(item.price),
              quantity: item.quantity ?? 1,
            })),
          },
  };
}

function idOf(reference: string | { id: string }): string {
  return typeof reference === 'string' ? reference : reference.id;
}

function date(seconds: number): Date {
  return new Date(seconds * 1_000);
}

function optionalDate(seconds: number | null): Date | null {
  return seconds === null ? null : date(seconds);
}
