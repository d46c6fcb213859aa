import { lineAmount } from '../billing/line-amount.ts';
import { periodAround, periodBoundary } from '../billing/periods.ts';
import { invalid } from '../http/errors.ts';
import {
  flag,
  list,
  mergedMetadata,
  metadata,
  oneOf,
  required,
  shape,
  text,
  whole,
  type Params,
} from '../http/params.ts';
import type { Context } from '../state/context.ts';
import type { Subscription, SubscriptionItem } from '../state/tables.ts';
import { priceData, recurringPrice } from './create-subscription.ts';
import { createPrice } from './prices.ts';
import { ratesOf, taxRatesField } from './tax-rates.ts';
import { newItem, planOf } from './subscription-object.ts';

/** Items of a subscription as a change names them: with `id` what changes, without what is added. */
export const changedItemsField = list(
  shape({
    deleted: flag,
    id: text,
    metadata,
    price: text,
    price_data: priceData,
    quantity: whole,
    tax_rates: taxRatesField,
  }),
);

/** Whether the cycle starts anew now. */
export const anchorField = shape({ type: required(oneOf('now', 'unchanged')) });

type SentItem = Params<Record<'items', typeof changedItemsField>>['items'] & object;

/** What a change asks of the cycle and the trial. */
export interface Wanted {
  items: SentItem | undefined;
  anchor: 'now' | 'unchanged' | undefined;
  trial_end: number | 'now' | undefined;
}

/** The subscription after a change of items, cycle or trial, before anything is billed. */
export interface Planned {
  after: Subscription;
  restarts: boolean;
}

/** Works out what a subscription becomes; undefined when neither items nor cycle nor trial change. */
export function planned(context: Context, before: Subscription, wanted: Wanted): Planned | undefined {
  if (wanted.items === undefined && wanted.anchor !== 'now' && wanted.trial_end === undefined)
    return undefined;
  const items = wanted.items === undefined ? before.items.data : changedItems(context, before, wanted.items);
  if (items.length === 0) throw invalid('A subscription must have at least one active item.', 'items');
  const trialing = before.status === 'trialing';
  if (typeof wanted.trial_end === 'number') return extendTrial(before, items, wanted.trial_end);
  const endsTrial = trialing && (wanted.trial_end === 'now' || wanted.anchor === 'now');
  if (trialing && !endsTrial) return { after: withItems(before, items), restarts: false };
  const restarts =
    endsTrial ||
    wanted.anchor === 'now' ||
    changesInterval(before.items.data, items) ||
    becomesPaid(context, before.items.data, items);
  if (!restarts) return { after: withItems(before, items), restarts };
  const after: Subscription = {
    ...withItems(
      before,
      items.map((item) => restarted(item, context.now)),
    ),
    billing_cycle_anchor: context.now,
    ...(endsTrial ? { status: 'active', trial_end: context.now } : {}),
  };
  return { after, restarts };
}

/** An item whose period starts at `now`. */
export function restarted(item: SubscriptionItem, now: number): SubscriptionItem {
  const { recurring } = item.price;
  return {
    ...item,
    billed_until: undefined,
    current_period_start: now,
    current_period_end: recurring === null ? now : periodBoundary(now, recurring, 1),
  };
}

function withItems(subscription: Subscription, items: SubscriptionItem[]): Subscription {
  return { ...subscription, items: { ...subscription.items, data: items } };
}

function extendTrial(before: Subscription, items: SubscriptionItem[], end: number): Planned {
  const after: Subscription = {
    ...withItems(
      before,
      items.map((item) => ({ ...item, current_period_end: end })),
    ),
    billing_cycle_anchor: end,
    status: 'trialing',
    trial_end: end,
    trial_start: before.trial_start ?? before.created,
  };
  return { after, restarts: false };
}

function changedItems(context: Context, subscription: Subscription, sent: SentItem): SubscriptionItem[] {
  const changes = new Map(sent.flatMap((change) => (change.id === undefined ? [] : [[change.id, change]])));
  for (const id of changes.keys()) {
    if (!subscription.items.data.some((item) => item.id === id))
      throw invalid(`No such subscription item: '${id}'`, 'items[id]', 'resource_missing');
  }
  const kept = subscription.items.data.flatMap((item) => {
    const change = changes.get(item.id);
    if (change === undefined) return [item];
    return change.deleted === true ? [] : [changedItem(context, item, change)];
  });
  const added = sent
    .filter(({ id }) => id === undefined)
    .map((change) => addedItem(context, subscription, change));
  return [...kept, ...added];
}

function changedItem(context: Context, item: SubscriptionItem, change: SentItem[number]): SubscriptionItem {
  const price = priceOf(context, change) ?? item.price;
  const metered = price.recurring?.usage_type === 'metered';
  if (metered && change.quantity !== undefined)
    throw invalid('You cannot set the quantity for metered plans.', 'items[quantity]');
  return {
    ...item,
    // Usage up to now is billed at the old price, so the new one counts from here.
    ...(metered && price.id !== item.price.id ? { billed_until: context.now } : {}),
    price,
    plan: planOf(price),
    quantity: metered ? undefined : (change.quantity ?? item.quantity ?? 1),
    metadata: mergedMetadata(item.metadata, change.metadata),
    tax_rates:
      change.tax_rates === undefined
        ? item.tax_rates
        : ratesOf(context, change.tax_rates, 'items[0][tax_rates]'),
  };
}

function addedItem(context: Context, subscription: Subscription, change: SentItem[number]): SubscriptionItem {
  const price = priceOf(context, change);
  if (price === undefined)
    throw invalid('Missing required param: items[0][price].', 'items[0][price]', 'parameter_missing');
  if (price.currency !== subscription.currency)
    throw invalid(`The price must be in ${subscription.currency}.`, 'items[0][price]');
  const wanted = {
    price,
    quantity: change.quantity,
    metadata: mergedMetadata(null, change.metadata),
    tax_rates: ratesOf(context, change.tax_rates, 'items[0][tax_rates]'),
  };
  const item = newItem(context, subscription.id, wanted, null);
  const { recurring } = price;
  if (recurring === null) return item;
  if (subscription.status === 'trialing')
    return { ...item, current_period_end: subscription.trial_end ?? item.current_period_end };
  const { start, end } = periodAround(subscription.billing_cycle_anchor, recurring, context.now);
  return { ...item, billed_until: context.now, current_period_start: start, current_period_end: end };
}

function priceOf(context: Context, { price, price_data: data }: SentItem[number]) {
  if (price !== undefined) return recurringPrice(context, price);
  return data === undefined ? undefined : createPrice(context, data);
}

function changesInterval(before: SubscriptionItem[], after: SubscriptionItem[]): boolean {
  const every = ({ price: { recurring } }: SubscriptionItem) =>
    `${recurring?.interval_count} ${recurring?.interval}`;
  const known = new Set(before.map(every));
  return after.some((item) => !known.has(every(item)));
}

/** From nothing to pay to something: Stripe starts the cycle with the first payment. */
function becomesPaid(context: Context, before: SubscriptionItem[], after: SubscriptionItem[]): boolean {
  const isFree = ({ price, quantity }: SubscriptionItem) =>
    price.recurring?.usage_type !== 'metered' &&
    lineAmount({ ...price, tiers: context.data.get('_price_detail', price.id)?.tiers }, quantity ?? 1) === 0;
  return before.every(isFree) && !after.every(isFree);
}
