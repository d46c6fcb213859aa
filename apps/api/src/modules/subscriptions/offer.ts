import { PlanHasNoPrice, PriceNotChosen, PriceNotFound } from '../catalog/catalog.errors.ts';
import { OfferNotFound } from './subscriptions.errors.ts';

export type Interval = 'day' | 'week' | 'month' | 'year';

/** A price as it can be sold. */
export interface OfferedPrice {
  id: string;
  type: 'flat' | 'per_seat' | 'per_unit' | 'package' | 'graduated' | 'volume';
  /** Key of the metered feature whose use it charges. Null: charged in advance. */
  feature: string | null;
  currency: string;
  interval: Interval;
  interval_count: number;
}

/** Which of a plan's offers is meant. Nothing named: the only one there is. */
export interface OfferWish {
  /** Id of any price of the offer. */
  price?: string | undefined;
  currency?: string | undefined;
  interval?: Interval | undefined;
  interval_count?: number | undefined;
}

/** A price that is sold, and how many of it. Null: charged by use. */
export interface OfferItem<Price extends OfferedPrice = OfferedPrice> {
  price: Price;
  quantity: number | null;
}

/**
 * The prices that are sold together: those of a plan with the same currency and interval. $20 a month, $8 a seat and
 * month and 2 cents a call and month are one offer; $200 a year is another. Throws a refusal that says what to name.
 */
export function offerOf<Price extends OfferedPrice>(
  plan: { key: string; prices: readonly Price[] },
  wish: OfferWish,
): Price[] {
  const offers = Map.groupBy(plan.prices, termsOf);
  if (offers.size === 0) {
    throw new PlanHasNoPrice(plan.key);
  }
  if (wish.price !== undefined) {
    const named = [...offers.values()].find((offer) => offer.some(({ id }) => id === wish.price));
    if (named === undefined) {
      throw new PriceNotFound(plan.key, wish.price);
    }
    return named;
  }
  const fitting = [...offers.values()].filter(
    ([first]) =>
      first !== undefined &&
      (wish.currency === undefined || first.currency === wish.currency) &&
      (wish.interval === undefined || first.interval === wish.interval) &&
      (wish.interval_count === undefined || first.interval_count === wish.interval_count),
  );
  const [only, ...others] = fitting;
  if (only === undefined) {
    throw new OfferNotFound(plan.key, [...offers.keys()]);
  }
  if (others.length > 0) {
    throw new PriceNotChosen(plan.key);
  }
  return only;
}

/**
 * An offer with its quantities. The quantity is the number of seats where the offer has a price by seat; else it is how
 * many of the plan are bought. A flat price beside a seat price is charged once, a price by use has no quantity.
 */
export function itemsOf<Price extends OfferedPrice>(
  offer: readonly Price[],
  quantity: number,
): OfferItem<Price>[] {
  const hasSeats = offer.some((price) => purposeOf(price) === 'seats');
  return offer.map((price) => {
    const purpose = purposeOf(price);
    return {
      price,
      quantity: purpose === 'usage' ? null : purpose === 'flat' && hasSeats ? 1 : quantity,
    };
  });
}

/** The quantity that a subscription to an offer has: the other way round. */
export function quantityOf(items: readonly OfferItem[]): number {
  const counted =
    items.find(({ price }) => purposeOf(price) === 'seats') ??
    items.find(({ price }) => purposeOf(price) === 'flat');
  return counted?.quantity ?? 1;
}

export function purposeOf({ type, feature }: Pick<OfferedPrice, 'type' | 'feature'>) {
  if (type === 'flat') {
    return 'flat' as const;
  }
  return feature === null ? ('seats' as const) : ('usage' as const);
}

/** `usd every month`, `eur every 3 months`. */
function termsOf({ currency, interval, interval_count: count }: OfferedPrice): string {
  return `${currency} every ${count === 1 ? interval : `${count} ${interval}s`}`;
}
