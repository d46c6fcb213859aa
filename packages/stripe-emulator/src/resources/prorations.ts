import { lineAmount } from '../billing/line-amount.ts';
import { prorated } from '../billing/proration.ts';
import type { Context } from '../state/context.ts';
import { idOf } from '../state/listed.ts';
import type { Price, Subscription, SubscriptionItem } from '../state/tables.ts';
import { discountAmounts, discountsOf } from './discounts.ts';
import { recordItem } from './invoice-items.ts';
import { usageBetween } from './usage-lines.ts';

/** A change of what a subscription is for. */
export interface PlanChange {
  before: Subscription;
  after: Subscription;
  /** The moment from which it counts, in seconds. */
  at: number;
  /** The cycle starts anew, so what comes is billed as a whole period and not by what is left of one. */
  restarts: boolean;
}

/**
 * Records what a change comes to as items that wait for an invoice: a credit for unused time as it was
 * billed, and the remaining time at the new price. Usage so far is charged at the old price. The number of
 * items recorded.
 */
export function prorate(context: Context, change: PlanChange): number {
  const { before, after } = change;
  const stayed = new Map(after.items.data.map((item) => [item.id, item]));
  const left = new Map(before.items.data.map((item) => [item.id, item]));
  let count = 0;
  for (const item of before.items.data) {
    const next = stayed.get(item.id);
    if (!change.restarts && next !== undefined && sameCharge(item, next)) continue;
    if (creditUnused(context, change, item)) count += 1;
  }
  if (change.restarts) return count;
  for (const [index, item] of after.items.data.entries()) {
    const previous = left.get(item.id);
    if (previous !== undefined && sameCharge(previous, item)) continue;
    if (chargeRemaining(context, change, item, netAmounts(context, after)[index] ?? 0)) count += 1;
  }
  return count;
}

/** Charges usage so far of metered items whose price changes or that leave, as the cycle goes on. */
export function billUsageSoFar(context: Context, { before, after, at, restarts }: PlanChange): number {
  const stayed = new Map(after.items.data.map((item) => [item.id, item]));
  let count = 0;
  for (const item of before.items.data) {
    const usage = usageBetween(context, before, item, at);
    if (usage === undefined || usage.quantity === 0) continue;
    if (!restarts && stayed.get(item.id)?.price.id === item.price.id) continue;
    chargeItem(context, before, item, { ...usage, proration: false, discountable: true });
    count += 1;
  }
  return count;
}

function sameCharge(one: SubscriptionItem, other: SubscriptionItem): boolean {
  return one.price.id === other.price.id && one.quantity === other.quantity;
}

function creditUnused(context: Context, { before, at }: PlanChange, item: SubscriptionItem): boolean {
  if (isMetered(item.price)) return false;
  const { current_period_start: start, current_period_end: end } = item;
  const paid = context.data.get('_billed', item.id);
  const amount = -prorated(paid?.amount ?? 0, { start: paid?.start ?? start, end }, at);
  if (amount === 0) return false;
  chargeItem(context, before, item, {
    amount,
    description: `Unused time on ${what(context, item)} after ${day(at)}`,
    quantity: item.quantity ?? 1,
    period: { start: at, end },
    proration: true,
    discountable: false,
  });
  return true;
}

function chargeRemaining(
  context: Context,
  { after, at }: PlanChange,
  item: SubscriptionItem,
  net: number,
): boolean {
  if (isMetered(item.price)) return false;
  const { current_period_start: start, current_period_end: end } = item;
  const amount = prorated(net, { start, end }, at);
  context.data.put('_billed', { id: item.id, amount: net, start });
  if (amount === 0) return false;
  chargeItem(context, after, item, {
    amount,
    description: `Remaining time on ${what(context, item)} after ${day(at)}`,
    quantity: item.quantity ?? 1,
    period: { start: at, end },
    proration: true,
    discountable: false,
  });
  return true;
}

/** What each item costs for a whole period after the discounts of its subscription. */
function netAmounts(context: Context, subscription: Subscription): number[] {
  const lines = subscription.items.data.map(({ price, quantity }) => ({
    amount: isMetered(price) ? 0 : fullAmount(context, price, quantity ?? 1),
    discountable: true,
    product: idOf(price.product),
  }));
  const off = discountAmounts(context, discountsOf(subscription), subscription.currency, lines);
  return lines.map(
    ({ amount }, index) => amount - (off[index] ?? []).reduce((sum, part) => sum + part.amount, 0),
  );
}

function fullAmount(context: Context, price: Price, quantity: number): number {
  return lineAmount({ ...price, tiers: context.data.get('_price_detail', price.id)?.tiers }, quantity);
}

function isMetered(price: Price): boolean {
  return price.recurring?.usage_type === 'metered';
}

function what(context: Context, { price, quantity }: SubscriptionItem): string {
  const name = context.data.get('product', idOf(price.product))?.name ?? 'Product';
  return (quantity ?? 1) === 1 ? name : `${quantity} × ${name}`;
}

function day(at: number): string {
  return new Date(at * 1000).toLocaleDateString('en-GB', {
    day: '2-digit',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  });
}

function chargeItem(
  context: Context,
  subscription: Subscription,
  item: SubscriptionItem,
  facts: {
    amount: number;
    description: string;
    quantity: number;
    period: { start: number; end: number };
    proration: boolean;
    discountable: boolean;
  },
): void {
  recordItem(context, {
    ...facts,
    customer: idOf(subscription.customer),
    currency: subscription.currency,
    invoice: null,
    metadata: subscription.metadata,
    price: item.price,
    subscription: subscription.id,
    subscription_item: item.id,
    tax_rates: item.tax_rates ?? [],
  });
}
