import type { Connection } from './connections.ts';
import type { CallContext } from './intents.ts';

/**
 * Gives back to the card what was paid for the unused part of a subscription, by credit notes on its newest paid
 * invoices, each up to what was paid for it. Repeated for the same wish, it counts what it gave already.
 */
export async function refundUnused(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  stripeSubscriptionId: string,
  amount: number,
  { idempotency_key: idempotencyKey, intent_id: intentId }: CallContext,
): Promise<void> {
  let left = amount;
  const invoices = await stripe.invoices.list(
    { subscription: stripeSubscriptionId, status: 'paid', limit: 12 },
    { stripeAccount },
  );
  for (const invoice of invoices.data) {
    const notes = await stripe.creditNotes.list({ invoice: invoice.id, limit: 100 }, { stripeAccount });
    const given = notes.data.filter(({ status }) => status !== 'void');
    const mine = given.find(({ metadata }) => metadata?.['bos_intent_id'] === intentId);
    if (mine !== undefined) {
      left -= mine.amount;
      continue;
    }
    const share = Math.min(left, invoice.amount_paid - given.reduce((sum, note) => sum + note.amount, 0));
    if (share > 0) {
      await stripe.creditNotes.create(
        {
          invoice: invoice.id,
          amount: share,
          refund_amount: share,
          reason: 'order_change',
          metadata: { bos_intent_id: intentId },
        },
        { stripeAccount, idempotencyKey: `${idempotencyKey}:${invoice.id}` },
      );
      left -= share;
    }
    if (left <= 0) {
      return;
    }
  }
}
