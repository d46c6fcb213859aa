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

export interface SavedCard {
  /** Such as visa, or what else it is: sepa_debit. */
  brand: string;
  last4: string | null;
}

/** What a customer's invoices are charged with by default. */
export async function savedCard(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  stripeCustomerId: string,
): Promise<SavedCard | null> {
  try {
    const customer = await stripe.customers.retrieve(stripeCustomerId, {}, { stripeAccount });
    const saved = customer.deleted === true ? null : customer.invoice_settings.default_payment_method;
    if (saved === null) {
      return null;
    }
    const method = await stripe.paymentMethods.retrieve(idOf(saved), {}, { stripeAccount });
    const last4 = method.card?.last4 ?? method.sepa_debit?.last4 ?? method.us_bank_account?.last4;
    return { brand: method.card?.brand ?? method.type, last4: last4 ?? null };
  } catch (error) {
    throw translateStripeError(error);
  }
}

/** Makes a payment method the customer's default, unless they have one: another page's choice is not undone. */
export async function keepFirstMethod(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  wish: { stripe_customer_id: string; payment_method: string },
  idempotencyKey: string,
): Promise<CallResult> {
  const { stripe_customer_id: id, payment_method: method } = wish;
  const customer = await stripe.customers.retrieve(id, {}, { stripeAccount });
  if (customer.deleted !== true && customer.invoice_settings.default_payment_method === null) {
    await stripe.customers.update(
      id,
      { invoice_settings: { default_payment_method: method } },
      { stripeAccount, idempotencyKey },
    );
  }
  return { stripe_object_id: method };
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
