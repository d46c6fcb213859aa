import type { Connection } from './connections.ts';
import { isMissing, translateStripeError } from './stripe.errors.ts';

/** An object of the catalog as Stripe has it now. */
export interface OnStripe {
  is_active: boolean;
  name: string | null;
  description: string | null;
}

export type CatalogKind = 'product' | 'price' | 'meter' | 'feature' | 'coupon';

/** One object as Stripe has it now; undefined when it was deleted. */
export async function findOnStripe(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  kind: CatalogKind,
  id: string,
): Promise<OnStripe | undefined> {
  const options = { stripeAccount };
  try {
    switch (kind) {
      case 'product': {
        const product = await stripe.products.retrieve(id, {}, options);
        // What was deleted is still answered, with nothing but that.
        return 'deleted' in product && product.deleted === true
          ? undefined
          : { is_active: product.active, name: product.name, description: product.description };
      }
      case 'price': {
        const { active } = await stripe.prices.retrieve(id, {}, options);
        return { is_active: active, name: null, description: null };
      }
      case 'meter': {
        const { status, display_name: name } = await stripe.billing.meters.retrieve(id, {}, options);
        return { is_active: status === 'active', name, description: null };
      }
      case 'feature': {
        const { active, name } = await stripe.entitlements.features.retrieve(id, {}, options);
        return { is_active: active, name, description: null };
      }
      case 'coupon': {
        const { name } = await stripe.coupons.retrieve(id, {}, options);
        return { is_active: true, name, description: null };
      }
    }
  } catch (error) {
    if (isMissing(error)) {
      return undefined;
    }
    throw translateStripeError(error);
  }
}

/** All that an account has of a kind, by id; a list request for each hundred. What was deleted is not in it. */
export async function listOnStripe(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  kind: CatalogKind,
): Promise<Map<string, OnStripe>> {
  const found = new Map<string, OnStripe>();
  const options = { stripeAccount };
  const limit = 100;
  switch (kind) {
    case 'product':
      for await (const { id, active, name, description } of stripe.products.list({ limit }, options)) {
        found.set(id, { is_active: active, name, description });
      }
      break;
    case 'price':
      for await (const { id, active } of stripe.prices.list({ limit }, options)) {
        found.set(id, { is_active: active, name: null, description: null });
      }
      break;
    case 'meter':
      for await (const { id, status, display_name: name } of stripe.billing.meters.list({ limit }, options)) {
        found.set(id, { is_active: status === 'active', name, description: null });
      }
      break;
    case 'feature':
      for await (const { id, active, name } of stripe.entitlements.features.list({ limit }, options)) {
        found.set(id, { is_active: active, name, description: null });
      }
      break;
    case 'coupon':
      for await (const { id, name } of stripe.coupons.list({ limit }, options)) {
        found.set(id, { is_active: true, name, description: null });
      }
      break;
  }
  return found;
}
