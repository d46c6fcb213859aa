import type Stripe from 'stripe';
import type { Connection } from './connections.ts';
import type { CallResult } from './intents.ts';
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

/** A subscription as Stripe has it now, in our words. */
export interface SubscriptionState {
  stripe_subscription_id: string;
  stripe_customer_id: string;
  /** What we wrote on it when we made it. Undefined: somebody else made it. */
  plan_version_id: string | undefined;
  status: SubscriptionStatus;
  billing_anchor: Date;
  current_period_start: Date;
  current_period_end: Date;
  cancel_at: Date | null;
  canceled_at: Date | null;
  ended_at: Date | null;
  created_at: Date;
  items: { stripe_subscription_item_id: string; stripe_price_id: string; quantity: number }[];
}

export interface NewSubscription {
  stripe_customer_id: string;
  stripe_price_id: string;
  quantity: number;
  plan_version_id: string;
}

/** Creates a subscription, or nothing when its first payment fails. */
export async function createStripeSubscription(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  wish: NewSubscription,
  idempotencyKey: string,
): Promise<CallResult> {
  const subscription = await stripe.subscriptions.create(
    {
      customer: wish.stripe_customer_id,
      items: [{ price: wish.stripe_price_id, quantity: wish.quantity }],
      payment_behavior: 'error_if_incomplete',
      metadata: { bos_plan_version_id: wish.plan_version_id },
    },
    { stripeAccount, idempotencyKey },
  );
  return { stripe_object_id: subscription.id };
}

/** Ends a subscription. One that Stripe has ended already is as it should be: a repetition after a crash finds that. */
export async function cancelStripeSubscription(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
  when: 'now' | 'period_end',
  idempotencyKey: string,
): Promise<void> {
  const options = { stripeAccount, idempotencyKey };
  if (when === 'period_end') {
    await stripe.subscriptions.update(id, { cancel_at_period_end: true }, options);
    return;
  }
  try {
    await stripe.subscriptions.cancel(id, {}, options);
  } catch (error) {
    if (!isMissing(error)) {
      throw error;
    }
  }
}

/** Every subscription of a customer, ended ones too. */
export async function listSubscriptions(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  stripeCustomerId: string,
  timeoutMs: number,
): Promise<SubscriptionState[]> {
  try {
    const list = stripe.subscriptions.list(
      { customer: stripeCustomerId, status: 'all', limit: 100 },
      { stripeAccount, timeout: timeoutMs, maxNetworkRetries: 0 },
    );
    const states: SubscriptionState[] = [];
    for await (const subscription of list) {
      states.push(stateOf(subscription));
    }
    return states;
  } catch (error) {
    throw translateStripeError(error);
  }
}

/** Translates Stripe's object. Since API version `basil`, periods live on the items. */
function stateOf(subscription: Stripe.Subscription): SubscriptionState {
  const first = subscription.items.data[0];
  if (first === undefined) {
    throw new Error(`The Stripe subscription ${subscription.id} has no item.`);
  }
  const status = stripeStatuses.find((known) => known === subscription.status);
  if (status === undefined) {
    throw new Error(
      `The Stripe subscription ${subscription.id} has the unknown status ${subscription.status}.`,
    );
  }
  return {
    stripe_subscription_id: subscription.id,
    stripe_customer_id:
      typeof subscription.customer === 'string' ? subscription.customer : subscription.customer.id,
    plan_version_id: subscription.metadata['bos_plan_version_id'],
    status,
    billing_anchor: date(subscription.billing_cycle_anchor),
    current_period_start: date(first.current_period_start),
    current_period_end: date(first.current_period_end),
    cancel_at: optionalDate(subscription.cancel_at),
    canceled_at: optionalDate(subscription.canceled_at),
    ended_at: optionalDate(subscription.ended_at),
    created_at: date(subscription.created),
    items: subscription.items.data.map((item) => ({
      stripe_subscription_item_id: item.id,
      stripe_price_id: item.price.id,
      quantity: item.quantity ?? 1,
    })),
  };
}

function date(seconds: number): Date {
  return new Date(seconds * 1_000);
}

function optionalDate(seconds: number | null): Date | null {
  return seconds === null ? null : date(seconds);
}
