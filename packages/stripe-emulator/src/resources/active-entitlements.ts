import type Stripe from 'stripe';
import { page, pageFields, listOf } from '../http/pagination.ts';
import { required, text } from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { idOf } from '../state/listed.ts';
import { newId } from '../state/ids.ts';
import type { ActiveEntitlement, Subscription } from '../state/tables.ts';
import { productFeatures } from './features.ts';

const ENTITLING = new Set(['active', 'trialing', 'past_due']);
const URL = '/v1/entitlements/active_entitlements';

export const activeEntitlementRoutes = [
  route('GET', URL, { ...pageFields, customer: required(text) }, (context, params) =>
    page(entitlementsOf(context, context.find('customer', params.customer, 'customer').id), params, URL),
  ),
  route('GET', `${URL}/:id`, {}, (context, _params, { id }) =>
    context.find('entitlements.active_entitlement', id),
  ),
];

/**
 * Remembers the features that the products of a subscription have now. Attaching a feature to a product
 * reaches existing subscriptions at their next billing period, so this runs when a period starts.
 */
export function refreshGrant(context: Context, subscription: Subscription): void {
  const products = subscription.items.data.map(({ price }) => idOf(price.product));
  const features = products.flatMap((product) =>
    productFeatures(context, product).map(({ entitlement_feature }) => entitlement_feature.id),
  );
  context.data.put('_grant', { id: subscription.id, features: [...new Set(features)] });
}

/** Brings a customer's active entitlements in line with its subscriptions and reports a difference. */
export function settleEntitlements(context: Context, customer: string): void {
  const granted = grantedFeatures(context, customer);
  const before = entitlementsOf(context, customer);
  const held = new Set(before.map(({ feature }) => idOf(feature)));
  for (const entitlement of before) {
    if (granted.has(idOf(entitlement.feature))) continue;
    context.data.remove('entitlements.active_entitlement', entitlement.id);
    context.data.remove('_entitlement_owner', entitlement.id);
  }
  for (const feature of granted) {
    if (!held.has(feature)) grant(context, customer, feature);
  }
  const after = entitlementsOf(context, customer);
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  const summary: Stripe.Entitlements.ActiveEntitlementSummary = {
    object: 'entitlements.active_entitlement_summary',
    customer,
    entitlements: listOf(after, `/v1/customer/${customer}/entitlements`),
    livemode: context.livemode,
  };
  context.emit('entitlements.active_entitlement_summary.updated', summary, {
    entitlements: listOf(before, `/v1/customer/${customer}/entitlements`),
  });
}

function grantedFeatures(context: Context, customer: string): Set<string> {
  const granted = new Set<string>();
  for (const subscription of context.data.of('subscription', customer)) {
    if (!ENTITLING.has(subscription.status)) continue;
    for (const feature of context.data.get('_grant', subscription.id)?.features ?? []) granted.add(feature);
  }
  return granted;
}

function grant(context: Context, customer: string, featureId: string): void {
  const entitlement: ActiveEntitlement = {
    id: newId('ent'),
    object: 'entitlements.active_entitlement',
    feature: featureId,
    livemode: context.livemode,
    lookup_key: context.find('entitlements.feature', featureId).lookup_key,
  };
  context.data.put('entitlements.active_entitlement', entitlement);
  context.data.put('_entitlement_owner', { id: entitlement.id, customer });
}

function entitlementsOf(context: Context, customer: string): ActiveEntitlement[] {
  return context.data
    .of('_entitlement_owner', customer)
    .flatMap(({ id }) => context.data.get('entitlements.active_entitlement', id) ?? []);
}
