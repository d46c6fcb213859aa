import { type OfferedPrice, type OfferItem, purposeOf } from './offer.ts';

/** An item of a subscription, or of what it is to become. */
export interface PlannedItem extends OfferItem {
  /** Key of the plan or add-on it belongs to. */
  plan: string;
  plan_type: 'base' | 'add_on';
  plan_version_id: string;
}

export interface CurrentItem extends PlannedItem {
  stripe_subscription_item_id: string;
}

export const changeKinds = [
  'upgrade',
  'downgrade',
  'plan',
  'interval',
  'quantity',
  'add_ons',
  'version',
  'discount',
] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** How an item changes: a new one has no id yet, a removed one no price any more. */
export interface ItemStep {
  stripe_subscription_item_id: string | null;
  price: OfferedPrice | null;
  quantity: number | null;
}

/**
 * The steps from the items there are to those there shall be. What a price is for stays one item: the flat price of the
 * old plan becomes that of the new one, so that the old is credited and the new charged on one line each.
 */
export function itemSteps(current: readonly CurrentItem[], target: readonly PlannedItem[]): ItemStep[] {
  const left = new Map(current.map((item) => [slotOf(item), item]));
  const steps: ItemStep[] = [];
  for (const item of target) {
    const before = left.get(slotOf(item));
    left.delete(slotOf(item));
    steps.push({
      stripe_subscription_item_id: before?.stripe_subscription_item_id ?? null,
      price: item.price,
      quantity: item.quantity,
    });
  }
  for (const { stripe_subscription_item_id: id } of left.values()) {
    steps.push({ stripe_subscription_item_id: id, price: null, quantity: null });
  }
  return steps;
}

/**
 * The target with the prices a subscription has already, where plan version, currency and interval stay: who changes
 * the number of seats keeps the price they bought at.
 */
export function withKeptPrices(
  current: readonly CurrentItem[],
  target: readonly PlannedItem[],
): PlannedItem[] {
  return target.map((item) => {
    const kept = current.find(
      (one) =>
        slotOf(one) === slotOf(item) &&
        one.plan_version_id === item.plan_version_id &&
        one.price.currency === item.price.currency &&
        one.price.interval === item.price.interval &&
        one.price.interval_count === item.price.interval_count,
    );
    return kept === undefined ? item : { ...item, price: kept.price };
  });
}

/** Whether two lists of items are the same sale. */
export function isSameSale(a: readonly PlannedItem[], b: readonly PlannedItem[]): boolean {
  const describe = (items: readonly PlannedItem[]): string =>
    items
      .map(({ price, quantity }) => `${price.id} ${quantity ?? ''}`)
      .sort()
      .join();
  return describe(a) === describe(b);
}

interface Sale {
  plan: { id: string; rank: number };
  items: readonly PlannedItem[];
}

/**
 * What a change is, and when it takes effect if nobody says: what gives the customer more at once, what takes away at
 * the end of the period that is paid. An upgrade goes to a higher rank. A new interval begins a new period now.
 */
export function changeOf(before: Sale, after: Sale): { kind: ChangeKind; when: 'now' | 'period_end' } {
  if (before.plan.id !== after.plan.id) {
    const isDowngrade = after.plan.rank < before.plan.rank;
    return {
      kind: isDowngrade ? 'downgrade' : after.plan.rank > before.plan.rank ? 'upgrade' : 'plan',
      when: isDowngrade ? 'period_end' : 'now',
    };
  }
  const [priceBefore, priceAfter] = [before.items[0]?.price, after.items[0]?.price];
  if (
    priceBefore?.interval !== priceAfter?.interval ||
    priceBefore?.interval_count !== priceAfter?.interval_count
  ) {
    return { kind: 'interval', when: 'now' };
  }
  const base = difference(before.items, after.items, 'base');
  const addOns = difference(before.items, after.items, 'add_on');
  if (base.more || base.less || addOns.more || addOns.less) {
    return {
      kind: base.more || base.less ? 'quantity' : 'add_ons',
      when: base.more || addOns.more ? 'now' : 'period_end',
    };
  }
  return isSameSale(before.items, after.items)
    ? { kind: 'discount', when: 'now' }
    : { kind: 'version', when: 'period_end' };
}

/** Whether there is more of anything, and less of anything. */
function difference(
  before: readonly PlannedItem[],
  after: readonly PlannedItem[],
  type: PlannedItem['plan_type'],
): { more: boolean; less: boolean } {
  const counts = (items: readonly PlannedItem[]): Map<string, number> =>
    new Map(
      items.filter((item) => item.plan_type === type).map((item) => [slotOf(item), item.quantity ?? 1]),
    );
  const [old, fresh] = [counts(before), counts(after)];
  const slots = new Set([...old.keys(), ...fresh.keys()]);
  const steps = [...slots].map((slot) => (fresh.get(slot) ?? 0) - (old.get(slot) ?? 0));
  return { more: steps.some((step) => step > 0), less: steps.some((step) => step < 0) };
}

/** What an item is for: there is one of each. */
function slotOf({ plan, plan_type: type, price }: PlannedItem): string {
  const purpose = purposeOf(price);
  return `${type === 'base' ? 'base' : plan} ${purpose === 'usage' ? price.feature : purpose}`;
}
