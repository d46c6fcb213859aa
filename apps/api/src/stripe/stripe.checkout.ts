import type Stripe from 'stripe';
import type { Connection } from './connections.ts';
import { findMarked } from './find-marked.ts';
import type { CallContext, CallResult } from './intents.ts';
import { translateStripeError } from './stripe.errors.ts';
import { type NewSubscription, soldItem } from './stripe.subscriptions.ts';

export interface CheckoutState {
  id: string;
  status: 'open' | 'complete' | 'expired';
  /** Where the customer pays. Null once the session is not open. */
  url: string | null;
  expires_at: Date;
  stripe_customer_id: string | null;
  stripe_subscription_id: string | null;
}

export async function createCheckout(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  wish: NewSubscription & { success_url: string; cancel_url: string },
  { idempotency_key: idempotencyKey, intent_id: intentId }: CallContext,
): Promise<CallResult> {
  const { trial, taxation } = wish;
  const session = await stripe.checkout.sessions.create(
    {
      mode: 'subscription',
      metadata: { bos_intent_id: intentId },
      customer: wish.stripe_customer_id,
      line_items: wish.items.map((item) => ({
        ...soldItem(item),
        ...(taxation.automatic || taxation.tax_rates.length === 0 ? {} : { tax_rates: taxation.tax_rates }),
      })),
      success_url: wish.success_url,
      cancel_url: wish.cancel_url,
      subscription_data: {
        metadata: { bos_plan_version_id: wish.plan_version_id },
        ...(trial === null
          ? {}
          : {
              trial_period_days: trial.days,
              trial_settings: { end_behavior: { missing_payment_method: trial.end } },
            }),
      },
      ...(trial === null || trial.requires_card ? {} : { payment_method_collection: 'if_required' as const }),
      ...(wish.stripe_coupon_id === null ? {} : { discounts: [{ coupon: wish.stripe_coupon_id }] }),
      ...(taxation.automatic
        ? { automatic_tax: { enabled: true }, customer_update: { address: 'auto' as const } }
        : {}),
    },
    { stripeAccount, idempotencyKey },
  );
  return { stripe_object_id: session.id };
}

/** The page that was opened for a wish. */
export async function findCheckout(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  { stripe_customer_id: customer }: { stripe_customer_id: string },
  { intent_id: intentId }: CallContext,
): Promise<CallResult | undefined> {
  return findMarked(
    stripe.checkout.sessions.list({ customer, limit: 100 }, { stripeAccount }),
    'bos_intent_id',
    intentId,
  );
}

export async function retrieveCheckout(connection: Connection, id: string): Promise<CheckoutState> {
  try {
    return stateOf(
      await connection.stripe.checkout.sessions.retrieve(
        id,
        {},
        { stripeAccount: connection.stripe_account_id },
      ),
    );
  } catch (error) {
    throw translateStripeError(error);
  }
}

/** The customer's checkouts that could still be paid. */
export async function listOpenCheckouts(
  connection: Connection,
  stripeCustomerId: string,
  timeoutMs: number,
): Promise<CheckoutState[]> {
  try {
    const sessions = await connection.stripe.checkout.sessions.list(
      { customer: stripeCustomerId, status: 'open', limit: 100 },
      { stripeAccount: connection.stripe_account_id, timeout: timeoutMs, maxNetworkRetries: 0 },
    );
    return sessions.data.map(stateOf);
  } catch (error) {
    throw translateStripeError(error);
  }
}

/** Ends a checkout that is still open. One that was paid meanwhile stays paid. */
export async function expireCheckout(connection: Connection, id: string): Promise<void> {
  try {
    await connection.stripe.checkout.sessions.expire(id, {}, { stripeAccount: connection.stripe_account_id });
  } catch (error) {
    if ((await retrieveCheckout(connection, id)).status === 'open') {
      throw translateStripeError(error);
    }
  }
}

function stateOf(session: Stripe.Checkout.Session): CheckoutState {
  const idOf = (reference: string | { id: string } | null): string | null =>
    typeof reference === 'string' ? reference : (reference?.id ?? null);
  return {
    id: session.id,
    status: session.status === 'complete' ? 'complete' : session.status === 'expired' ? 'expired' : 'open',
    url: session.url,
    expires_at: new Date(session.expires_at * 1_000),
    stripe_customer_id: idOf(session.customer),
    stripe_subscription_id: idOf(session.subscription),
  };
}
