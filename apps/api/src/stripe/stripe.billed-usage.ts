import type { Connection } from './connections.ts';
import { translateStripeError } from './stripe.errors.ts';

/**
 * Until when invoices that were made since a time, and issued, charge a customer for the use that some prices are of.
 * Undefined: there are none.
 */
export async function billedUntil(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  of: { stripe_customer_id: string; stripe_price_ids: string[]; since: Date },
): Promise<Date | undefined> {
  const created = { gte: Math.floor(of.since.getTime() / 1_000) };
  let until = -Infinity;
  try {
    const list = stripe.invoices.list(
      { customer: of.stripe_customer_id, created, limit: 100 },
      { stripeAccount },
    );
    for await (const { id, status } of list) {
      if (status === 'draft' || status === 'void') {
        continue;
      }
      for await (const line of stripe.invoices.listLineItems(id, { limit: 100 }, { stripeAccount })) {
        const price = line.pricing?.price_details?.price;
        const priceId = typeof price === 'object' ? price.id : price;
        if (priceId !== undefined && of.stripe_price_ids.includes(priceId)) {
          until = Math.max(until, line.period.end);
        }
      }
    }
  } catch (error) {
    throw translateStripeError(error);
  }
  return until === -Infinity ? undefined : new Date(until * 1_000);
}
