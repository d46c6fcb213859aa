import type { CallResult } from './intents.ts';
import type { Connection } from './connections.ts';
import { type PriceToCharge, stripePriceTerms } from './stripe.price-terms.ts';

interface Keyed {
  idempotency_key: string;
}

export async function createProduct(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  plan: { id: string; name: string; description: string | null },
  { idempotency_key: idempotencyKey }: Keyed,
): Promise<CallResult> {
  const product = await stripe.products.create(
    {
      name: plan.name,
      ...(plan.description === null ? {} : { description: plan.description }),
      metadata: { bos_plan_id: plan.id },
    },
    { stripeAccount, idempotencyKey },
  );
  return { stripe_object_id: product.id };
}

export async function createPrice(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  price: PriceToCharge & {
    id: string;
    product: string;
    currency: string;
    interval: 'day' | 'week' | 'month' | 'year';
    interval_count: number;
    /** Of a price charged by use. */
    stripe_meter_id: string | null;
  },
  { idempotency_key: idempotencyKey }: Keyed,
): Promise<CallResult> {
  const terms = stripePriceTerms(price);
  if (terms === undefined) {
    throw new Error(`Stripe cannot charge the price ${price.id}.`);
  }
  const created = await stripe.prices.create(
    {
      product: price.product,
      currency: price.currency,
      ...terms,
      recurring: {
        interval: price.interval,
        interval_count: price.interval_count,
        ...(price.stripe_meter_id === null ? {} : { usage_type: 'metered', meter: price.stripe_meter_id }),
      },
      metadata: { bos_price_id: price.id },
    },
    { stripeAccount, idempotencyKey },
  );
  return { stripe_object_id: created.id };
}

export async function createMeter(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  meter: { key: string; name: string },
  { idempotency_key: idempotencyKey }: Keyed,
): Promise<CallResult> {
  const created = await stripe.billing.meters.create(
    {
      display_name: meter.name,
      event_name: meter.key,
      // We have counted already: what is sent are sums, whatever the meter's own aggregation.
      default_aggregation: { formula: 'sum' },
      customer_mapping: { type: 'by_id', event_payload_key: 'stripe_customer_id' },
      value_settings: { event_payload_key: 'value' },
    },
    { stripeAccount, idempotencyKey },
  );
  return { stripe_object_id: created.id };
}
