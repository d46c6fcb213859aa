import type Stripe from 'stripe';
import type { Connection } from './connections.ts';
import { findMarked } from './find-marked.ts';
import type { CallContext, CallResult } from './intents.ts';

export interface OneOffInvoice {
  stripe_customer_id: string;
  amount: number;
  currency: string;
  description: string;
}

/** Makes an open invoice of one line that waits for nobody and that Stripe does not try to collect by itself. */
export async function makeOneOffInvoice(
  connection: Connection,
  wish: OneOffInvoice,
  context: CallContext,
): Promise<CallResult> {
  const { stripe, stripe_account_id: stripeAccount } = connection;
  const draft = await stripe.invoices.create(
    {
      customer: wish.stripe_customer_id,
      currency: wish.currency,
      auto_advance: false,
      collection_method: 'charge_automatically',
      pending_invoice_items_behavior: 'exclude',
      metadata: { bos_intent_id: context.intent_id },
    },
    { stripeAccount, idempotencyKey: context.idempotency_key },
  );
  return finish(connection, wish, context, draft);
}

/** What an earlier attempt made for the same wish, brought to its end. Undefined: nothing. */
export async function findOneOffInvoice(
  connection: Connection,
  wish: OneOffInvoice,
  context: CallContext,
): Promise<CallResult | undefined> {
  const { stripe, stripe_account_id: stripeAccount } = connection;
  const found = await findMarked(
    stripe.invoices.list({ customer: wish.stripe_customer_id, limit: 100 }, { stripeAccount }),
    'bos_intent_id',
    context.intent_id,
  );
  return found === undefined
    ? undefined
    : finish(
        connection,
        wish,
        context,
        await stripe.invoices.retrieve(found.stripe_object_id, {}, { stripeAccount }),
      );
}

async function finish(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  wish: OneOffInvoice,
  { idempotency_key: key }: CallContext,
  invoice: Pick<Stripe.Invoice, 'id' | 'status' | 'lines'>,
): Promise<CallResult> {
  const { id } = invoice;
  if (id === undefined) {
    throw new Error('Stripe answered with an invoice that has no id.');
  }
  if (invoice.status === 'draft') {
    if (invoice.lines.data.length === 0) {
      await stripe.invoiceItems.create(
        {
          customer: wish.stripe_customer_id,
          invoice: id,
          amount: wish.amount,
          currency: wish.currency,
          description: wish.description,
        },
        { stripeAccount, idempotencyKey: `${key}:item` },
      );
    }
    await stripe.invoices.finalizeInvoice(
      id,
      { auto_advance: false },
      { stripeAccount, idempotencyKey: `${key}:finalize` },
    );
  }
  return { stripe_object_id: id };
}
