import type Stripe from 'stripe';
import type { Connection } from './connections.ts';
import { findMarked } from './find-marked.ts';
import type { CallResult } from './intents.ts';
import type { CatalogKind } from './stripe.catalog-lists.ts';
import { type PriceToCharge, stripePriceTerms } from './stripe.price-terms.ts';

interface Keyed {
  idempotency_key: string;
}

interface Product {
  name: string;
  description: string | null;
}

export async function createProduct(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  plan: Product & { id: string },
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

/** Makes a product say what the plan says, and sold if it was archived there. */
export async function updateProduct(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  productId: string,
  plan: Product,
  { idempotency_key: idempotencyKey }: Keyed,
): Promise<CallResult> {
  await stripe.products.update(
    productId,
    { name: plan.name, description: plan.description ?? '', active: true },
    { stripeAccount, idempotencyKey },
  );
  return { stripe_object_id: productId };
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

/** A price's terms are fixed on Stripe; only whether it is sold can change. */
export async function activatePrice(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  priceId: string,
  { idempotency_key: idempotencyKey }: Keyed,
): Promise<CallResult> {
  await stripe.prices.update(priceId, { active: true }, { stripeAccount, idempotencyKey });
  return { stripe_object_id: priceId };
}

/** Makes a meter, or takes the one that counts under its key there already: a key has one active meter. */
export async function createMeter(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  meter: {
    key: string;
    name: string;
    /** What is told is the whole value so far, not what came on top. */
    is_absolute: boolean;
  },
  { idempotency_key: idempotencyKey }: Keyed,
): Promise<CallResult> {
  // We have counted already: what is sent is added up there, or replaces what was sent before.
  const formula = meter.is_absolute ? 'last' : 'sum';
  for await (const existing of stripe.billing.meters.list(
    { status: 'active', limit: 100 },
    { stripeAccount },
  )) {
    if (existing.event_name === meter.key && countsAsOurs(existing, formula)) {
      return { stripe_object_id: existing.id };
    }
  }
  const created = await stripe.billing.meters.create(
    {
      display_name: meter.name,
      event_name: meter.key,
      default_aggregation: { formula },
      customer_mapping: { type: 'by_id', event_payload_key: 'stripe_customer_id' },
      value_settings: { event_payload_key: 'value' },
    },
    { stripeAccount, idempotencyKey },
  );
  return { stripe_object_id: created.id };
}

function countsAsOurs(meter: Stripe.Billing.Meter, formula: 'sum' | 'last'): boolean {
  return (
    meter.default_aggregation.formula === formula &&
    meter.customer_mapping.event_payload_key === 'stripe_customer_id' &&
    meter.value_settings.event_payload_key === 'value'
  );
}

/** Gives a meter our name, and lets it count again if it was deactivated there. */
export async function updateMeter(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  meterId: string,
  meter: { name: string },
  { idempotency_key: idempotencyKey }: Keyed,
): Promise<CallResult> {
  const current = await stripe.billing.meters.retrieve(meterId, {}, { stripeAccount });
  if (current.status === 'inactive') {
    await stripe.billing.meters.reactivate(
      meterId,
      {},
      { stripeAccount, idempotencyKey: `${idempotencyKey}:reactivate` },
    );
  }
  await stripe.billing.meters.update(
    meterId,
    { display_name: meter.name },
    { stripeAccount, idempotencyKey },
  );
  return { stripe_object_id: meterId };
}

export async function createCoupon(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  coupon: {
    id: string;
    name: string;
    percent_off: number | null;
    amount_off: number | null;
    currency: string | null;
    duration: 'once' | 'repeating' | 'forever';
    duration_months: number | null;
    redemptions_max: number | null;
    redeem_by: Date | null;
  },
  { idempotency_key: idempotencyKey }: Keyed,
): Promise<CallResult> {
  const created = await stripe.coupons.create(
    {
      name: coupon.name,
      ...(coupon.percent_off === null ? {} : { percent_off: coupon.percent_off }),
      ...(coupon.amount_off === null || coupon.currency === null
        ? {}
        : { amount_off: coupon.amount_off, currency: coupon.currency }),
      duration: coupon.duration,
      ...(coupon.duration_months === null ? {} : { duration_in_months: coupon.duration_months }),
      ...(coupon.redemptions_max === null ? {} : { max_redemptions: coupon.redemptions_max }),
      ...(coupon.redeem_by === null ? {} : { redeem_by: Math.floor(coupon.redeem_by.getTime() / 1_000) }),
      metadata: { bos_coupon_id: coupon.id },
    },
    { stripeAccount, idempotencyKey },
  );
  return { stripe_object_id: created.id };
}

export async function updateCoupon(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  couponId: string,
  coupon: { name: string },
  { idempotency_key: idempotencyKey }: Keyed,
): Promise<CallResult> {
  await stripe.coupons.update(couponId, { name: coupon.name }, { stripeAccount, idempotencyKey });
  return { stripe_object_id: couponId };
}

/** What was made of one of ours. A meter or a feature is found by its key when it is made (see above). */
export async function findCreated(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  kind: CatalogKind,
  id: string,
): Promise<CallResult | undefined> {
  const page = { limit: 100 };
  const options = { stripeAccount };
  switch (kind) {
    case 'product':
      return findMarked(stripe.products.list(page, options), 'bos_plan_id', id);
    case 'price':
      return findMarked(stripe.prices.list(page, options), 'bos_price_id', id);
    case 'coupon':
      return findMarked(stripe.coupons.list(page, options), 'bos_coupon_id', id);
    case 'meter':
    case 'feature':
      return undefined;
  }
}
