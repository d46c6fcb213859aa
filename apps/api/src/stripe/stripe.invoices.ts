import type { Connection } from './connections.ts';
import type { CallResult } from './intents.ts';
import { hasCode } from './stripe.errors.ts';

/**
 * Charges an open invoice now. One that is paid already is as it should be: a repetition after a crash finds that. A
 * payment method that is named is attached to the customer first.
 */
export async function payStripeInvoice(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  wish: {
    stripe_invoice_id: string;
    stripe_customer_id: string;
    payment_method: string | null;
    off_session: boolean;
  },
  idempotencyKey: string,
): Promise<CallResult> {
  const method =
    wish.payment_method === null
      ? undefined
      : await stripe.paymentMethods.attach(
          wish.payment_method,
          { customer: wish.stripe_customer_id },
          { stripeAccount, idempotencyKey: `${idempotencyKey}:attach` },
        );
  try {
    await stripe.invoices.pay(
      wish.stripe_invoice_id,
      {
        off_session: wish.off_session,
        ...(method === undefined ? {} : { payment_method: method.id }),
      },
      { stripeAccount, idempotencyKey },
    );
  } catch (error) {
    if (!hasCode(error, 'invoice_already_paid')) {
      throw error;
    }
  }
  return { stripe_object_id: wish.stripe_invoice_id };
}

/** Ends an open invoice without payment, for good. */
export async function closeStripeInvoice(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
  as: 'void' | 'uncollectible',
  idempotencyKey: string,
): Promise<CallResult> {
  const options = { stripeAccount, idempotencyKey };
  await (as === 'void'
    ? stripe.invoices.voidInvoice(id, {}, options)
    : stripe.invoices.markUncollectible(id, {}, options));
  return { stripe_object_id: id };
}

/** An invoice that was ended so. */
export async function findClosedInvoice(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
  as: 'void' | 'uncollectible',
): Promise<CallResult | undefined> {
  const { status } = await stripe.invoices.retrieve(id, {}, { stripeAccount });
  return status === as ? { stripe_object_id: id } : undefined;
}

/** Lets a draft go on by itself, to be finalized and charged, or not. */
export async function setAutoAdvance(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
  advances: boolean,
  idempotencyKey: string,
): Promise<CallResult> {
  await stripe.invoices.update(id, { auto_advance: advances }, { stripeAccount, idempotencyKey });
  return { stripe_object_id: id };
}

/** Numbers a draft over what was used by now. Stripe charges or sends it by itself. */
export async function finalizeDraft(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
  idempotencyKey: string,
): Promise<CallResult> {
  await stripe.invoices.finalizeInvoice(id, { auto_advance: true }, { stripeAccount, idempotencyKey });
  return { stripe_object_id: id };
}

/** An invoice that is no draft any more. */
export async function findFinalized(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
): Promise<CallResult | undefined> {
  const { status } = await stripe.invoices.retrieve(id, {}, { stripeAccount });
  return status === 'draft' ? undefined : { stripe_object_id: id };
}

/** A draft that goes on by itself, or does not, as it is to be. */
export async function findAdvancing(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
  advances: boolean,
): Promise<CallResult | undefined> {
  const { auto_advance: current } = await stripe.invoices.retrieve(id, {}, { stripeAccount });
  return current === advances ? { stripe_object_id: id } : undefined;
}
