import type { Connection } from './connections.ts';

/** An object of the catalog as Stripe has it now. */
export interface OnStripe {
  is_active: boolean;
  name: string | null;
  description: string | null;
}

export type CatalogKind = 'product' | 'price' | 'meter' | 'feature' | 'coupon';

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
