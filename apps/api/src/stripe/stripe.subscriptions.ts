import type { Connection } from './connections.ts';
import type { CallResult } from './intents.ts';
import { isMissing } from './stripe.errors.ts';

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
