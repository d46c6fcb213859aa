import Stripe from 'stripe';
import type { Connection } from './connections.ts';
import type { CallResult } from './intents.ts';

interface Keyed {
  idempotency_key: string;
}

/** Makes an entitlement feature, or takes the one with its lookup key: a key has one active feature. */
export async function createStripeFeature(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  feature: { id: string; key: string; name: string },
  { idempotency_key: idempotencyKey }: Keyed,
): Promise<CallResult> {
  const existing = await stripe.entitlements.features.list(
    { lookup_key: feature.key, archived: false },
    { stripeAccount },
  );
  const [found] = existing.data;
  if (found !== undefined) {
    return { stripe_object_id: found.id };
  }
  const created = await stripe.entitlements.features.create(
    { lookup_key: feature.key, name: feature.name, metadata: { bos_feature_id: feature.id } },
    { stripeAccount, idempotencyKey },
  );
  return { stripe_object_id: created.id };
}

/** Gives a feature our name, and brings it back if it was archived there. */
export async function updateStripeFeature(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  featureId: string,
  feature: { name: string },
  { idempotency_key: idempotencyKey }: Keyed,
): Promise<CallResult> {
  await stripe.entitlements.features.update(
    featureId,
    { name: feature.name, active: true },
    { stripeAccount, idempotencyKey },
  );
  return { stripe_object_id: featureId };
}

/** Which features a product grants on Stripe; `id` is that of the attachment. */
export async function attachedFeatures(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  productId: string,
): Promise<{ id: string; stripe_feature_id: string }[]> {
  const attached = [];
  for await (const item of stripe.products.listFeatures(productId, { limit: 100 }, { stripeAccount })) {
    attached.push({ id: item.id, stripe_feature_id: item.entitlement_feature.id });
  }
  return attached;
}

export async function attachFeature(
  connection: Connection,
  { product, feature }: { product: string; feature: string },
  { idempotency_key: idempotencyKey }: Keyed,
): Promise<CallResult> {
  const { stripe, stripe_account_id: stripeAccount } = connection;
  try {
    const attached = await stripe.products.createFeature(
      product,
      { entitlement_feature: feature },
      { stripeAccount, idempotencyKey },
    );
    return { stripe_object_id: attached.id };
  } catch (error) {
    const existing = isTaken(error)
      ? (await attachedFeatures(connection, product)).find((item) => item.stripe_feature_id === feature)
      : undefined;
    if (existing === undefined) {
      throw error;
    }
    return { stripe_object_id: existing.id };
  }
}

export async function detachFeature(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  { product, attachment }: { product: string; attachment: string },
  { idempotency_key: idempotencyKey }: Keyed,
): Promise<CallResult> {
  await stripe.products.deleteFeature(product, attachment, {}, { stripeAccount, idempotencyKey });
  return { stripe_object_id: attachment };
}

/** An attachment that is gone. */
export async function findDetached(
  connection: Connection,
  { product, attachment }: { product: string; attachment: string },
): Promise<CallResult | undefined> {
  const attached = await attachedFeatures(connection, product);
  return attached.some(({ id }) => id === attachment) ? undefined : { stripe_object_id: attachment };
}

function isTaken(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && error.code === 'resource_already_exists';
}
