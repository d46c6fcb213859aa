import type { Connection } from './connections.ts';
import { findMarked } from './find-marked.ts';
import type { CallContext, CallResult } from './intents.ts';
import { translateStripeError } from './stripe.errors.ts';

/** A movement of a customer's credit. Positive is in the customer's favour; on Stripe it is negative. */
export interface BalanceEntry {
  stripe_transaction_id: string;
  amount: number;
  balance_after: number;
  currency: string;
  type: string;
  description: string | null;
  stripe_invoice_id: string | null;
  created_at: Date;
}

/** Every movement of a customer's credit, the newest first. They are never changed: their sum is the balance. */
export async function listBalanceEntries(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  stripeCustomerId: string,
): Promise<BalanceEntry[]> {
  try {
    const entries: BalanceEntry[] = [];
    const list = stripe.customers.listBalanceTransactions(
      stripeCustomerId,
      { limit: 100 },
      { stripeAccount },
    );
    for await (const entry of list) {
      const { invoice } = entry;
      entries.push({
        stripe_transaction_id: entry.id,
        amount: negated(entry.amount),
        balance_after: negated(entry.ending_balance),
        currency: entry.currency,
        type: entry.type,
        description: entry.description,
        stripe_invoice_id: typeof invoice === 'string' ? invoice : (invoice?.id ?? null),
        created_at: new Date(entry.created * 1_000),
      });
    }
    return entries;
  } catch (error) {
    throw translateStripeError(error);
  }
}

/** Gives a customer credit (positive), or takes some (negative). */
export async function adjustBalance(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  wish: { stripe_customer_id: string; amount: number; currency: string; description: string | null },
  { idempotency_key: idempotencyKey, intent_id: intentId }: CallContext,
): Promise<CallResult> {
  const { stripe_customer_id: customer, amount, currency, description } = wish;
  const entry = await stripe.customers.createBalanceTransaction(
    customer,
    {
      amount: negated(amount),
      currency,
      ...(description === null ? {} : { description }),
      metadata: { bos_intent_id: intentId },
    },
    { stripeAccount, idempotencyKey },
  );
  return { stripe_object_id: entry.id };
}

/** The entry that was made for a wish. */
export async function findBalanceEntry(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  { stripe_customer_id: customer }: { stripe_customer_id: string },
  { intent_id: intentId }: CallContext,
): Promise<CallResult | undefined> {
  return findMarked(
    stripe.customers.listBalanceTransactions(customer, { limit: 100 }, { stripeAccount }),
    'bos_intent_id',
    intentId,
  );
}

/** Without a minus before zero. */
function negated(amount: number): number {
  return 0 - amount;
}
