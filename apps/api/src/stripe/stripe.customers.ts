import type { Connection } from './connections.ts';
import { findMarked } from './find-marked.ts';
import type { CallContext, CallResult } from './intents.ts';
import { isMissing, translateStripeError } from './stripe.errors.ts';

/** Creates a customer. What may change until a repetition after a crash is set apart: a key stands for one content. */
export async function createStripeCustomer(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  customer: { id: string; external_id: string | null; name: string | null; email: string | null },
  idempotencyKey: string,
): Promise<CallResult> {
  const created = await stripe.customers.create(
    { metadata: { bos_customer_id: customer.id } },
    { stripeAccount, idempotencyKey },
  );
  await stripe.customers.update(
    created.id,
    {
      ...(customer.name === null ? {} : { name: customer.name }),
      ...(customer.email === null ? {} : { email: customer.email }),
      ...(customer.external_id === null ? {} : { metadata: { external_id: customer.external_id } }),
    },
    { stripeAccount },
  );
  return { stripe_object_id: created.id };
}

const clockSkewMs = 24 * 60 * 60 * 1_000;

/** The customer that was made for one of ours since a wish was begun. */
export async function findStripeCustomer(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  customerId: string,
  { begun_at: begunAt }: Pick<CallContext, 'begun_at'>,
): Promise<CallResult | undefined> {
  const since = Math.floor((begunAt.getTime() - clockSkewMs) / 1_000);
  return findMarked(
    stripe.customers.list({ created: { gte: since }, limit: 100 }, { stripeAccount }),
    'bos_customer_id',
    customerId,
  );
}

/** Makes a payment method the one a customer's subscriptions are charged with. */
export async function setDefaultPaymentMethod(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  stripeCustomerId: string,
  paymentMethod: string,
  idempotencyKey: string,
): Promise<string> {
  const attached = await stripe.paymentMethods.attach(
    paymentMethod,
    { customer: stripeCustomerId },
    { stripeAccount, idempotencyKey: `${idempotencyKey}:attach` },
  );
  await stripe.customers.update(
    stripeCustomerId,
    { invoice_settings: { default_payment_method: attached.id } },
    { stripeAccount, idempotencyKey: `${idempotencyKey}:default` },
  );
  return attached.id;
}

/** Whether Stripe could charge the customer without asking them. */
export async function hasDefaultPaymentMethod(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  stripeCustomerId: string,
): Promise<boolean> {
  const customer = await stripe.customers
    .retrieve(stripeCustomerId, {}, { stripeAccount })
    .catch((error: unknown) => {
      throw translateStripeError(error);
    });
  return (
    customer.deleted !== true &&
    (customer.invoice_settings.default_payment_method !== null || (customer.default_source ?? null) !== null)
  );
}

/** Whether somebody deleted a customer on Stripe. */
export async function isStripeCustomerDeleted(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
): Promise<boolean> {
  try {
    const customer = await stripe.customers.retrieve(id, {}, { stripeAccount });
    return customer.deleted === true;
  } catch (error) {
    if (isMissing(error)) {
      return true;
    }
    throw translateStripeError(error);
  }
}
