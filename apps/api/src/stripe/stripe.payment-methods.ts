import type { Connection } from './connections.ts';
import type { CallResult } from './intents.ts';
import { translateStripeError } from './stripe.errors.ts';

/** Which payment method a charge was tried with. Null when it is not known any more. */
export async function chargedPaymentMethod(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  stripeChargeId: string,
): Promise<string | null> {
  try {
    const charge = await stripe.charges.retrieve(stripeChargeId, {}, { stripeAccount });
    return charge.payment_method;
  } catch (error) {
    throw translateStripeError(error);
  }
}

/** What a subscription is charged with now: its own payment method, else its customer's default. */
export async function paymentMethodInUse(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  ids: { stripe_customer_id: string; stripe_subscription_id: string },
): Promise<string | null> {
  try {
    const subscription = await stripe.subscriptions.retrieve(
      ids.stripe_subscription_id,
      {},
      { stripeAccount },
    );
    if (subscription.default_payment_method !== null) {
      return idOf(subscription.default_payment_method);
    }
    const customer = await stripe.customers.retrieve(ids.stripe_customer_id, {}, { stripeAccount });
    const method = customer.deleted === true ? null : customer.invoice_settings.default_payment_method;
    return method === null ? null : idOf(method);
  } catch (error) {
    throw translateStripeError(error);
  }
}

/** Begins to take a card of a customer, to be charged without them. */
export async function createSetupIntent(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  stripeCustomerId: string,
  idempotencyKey: string,
): Promise<CallResult> {
  const created = await stripe.setupIntents.create(
    { customer: stripeCustomerId, usage: 'off_session' },
    { stripeAccount, idempotencyKey },
  );
  return { stripe_object_id: created.id };
}

export interface SetupIntentState {
  client_secret: string | null;
  stripe_customer_id: string | null;
  /** Undefined until the card is confirmed. */
  payment_method: string | undefined;
  /** It was confirmed or called off: another card needs another one. */
  is_used_up: boolean;
}

/** How a setup intent stands. */
export async function retrieveSetupIntent(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
): Promise<SetupIntentState> {
  try {
    const intent = await stripe.setupIntents.retrieve(id, {}, { stripeAccount });
    return {
      client_secret: intent.client_secret,
      stripe_customer_id: intent.customer === null ? null : idOf(intent.customer),
      payment_method:
        intent.status === 'succeeded' && intent.payment_method !== null
          ? idOf(intent.payment_method)
          : undefined,
      is_used_up: intent.status === 'succeeded' || intent.status === 'canceled',
    };
  } catch (error) {
    throw translateStripeError(error);
  }
}

/** Charges a customer's subscriptions with a payment method from now on, also the one that has a method of its own. */
export async function chargeWith(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  wish: { stripe_customer_id: string; stripe_subscription_id: string; payment_method: string },
  idempotencyKey: string,
): Promise<CallResult> {
  await stripe.customers.update(
    wish.stripe_customer_id,
    { invoice_settings: { default_payment_method: wish.payment_method } },
    { stripeAccount, idempotencyKey: `${idempotencyKey}:customer` },
  );
  const subscription = await stripe.subscriptions.retrieve(
    wish.stripe_subscription_id,
    {},
    { stripeAccount },
  );
  if (subscription.default_payment_method !== null && subscription.status !== 'canceled') {
    await stripe.subscriptions.update(
      wish.stripe_subscription_id,
      { default_payment_method: wish.payment_method },
      { stripeAccount, idempotencyKey: `${idempotencyKey}:subscription` },
    );
  }
  return { stripe_object_id: wish.payment_method };
}

function idOf(reference: string | { id: string }): string {
  return typeof reference === 'string' ? reference : reference.id;
}
