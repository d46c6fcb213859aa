import { type Decimal, decimal, Exact, fraction, rounded, wholeAmount } from './money.ts';

export type PriceType = 'flat' | 'per_seat' | 'per_unit' | 'package' | 'graduated' | 'volume';

export interface Tier {
  /** The last unit of the tier, inclusive; null in the last one. */
  up_to: number | null;
  /** Exact decimal minor units of one unit. */
  unit_amount: string;
  /** Whole minor units, charged once when the tier is reached. */
  flat_amount: number;
}

/** What a price charges. Amounts are minor units of its currency. */
export interface Price {
  type: PriceType;
  /** Of a flat price, or of one seat. */
  amount: number | null;
  /** Of one unit, or of one package: an exact decimal. */
  unit_amount: string | null;
  package_size: number | null;
  /** Free in each period; come off the front. */
  included_units: number;
  tiers: readonly Tier[] | null;
}

/** Units as they are counted: seats, or use with decimals. A text keeps decimals that a number cannot. */
export type Units = number | string;

/** A part of the units that is charged at one rate. `amount` is exact minor units, not rounded. */
export interface TierShare {
  /** Units charged at this rate. */
  units: string;
  unit_amount: string;
  flat_amount: number;
  amount: string;
}

/**
 * What `units` units cost in a period, in whole minor units, rounded once, half away from zero:
 * 3 units at 33.5 cost 101. Throws a `RangeError` for negative units and for a price that is not whole.
 *
 * - flat, per_seat: amount × units; a flat price has a quantity of 1 as a rule.
 * - per_unit: unit_amount × billable units, those beyond the included ones.
 * - package: unit_amount × begun packages of billable units.
 * - graduated: each billable unit at the price of its tier, and the flat fee of each tier reached.
 * - volume: all billable units at the price of the tier they reach, and its flat fee.
 *
 * The first tier counts as reached without any unit, so its flat fee is charged for no use too, as Stripe does.
 * "Tiered pricing": https://docs.stripe.com/subscriptions/pricing-models/tiered-pricing.
 */
export function lineAmount(price: Price, units: Units): number {
  return rounded(exactAmount(price, units));
}

/** Like `lineAmount`, before it is rounded. */
export function exactAmount(price: Price, units: Units): Decimal {
  return shares(price, units).reduce((total, share) => total.plus(share.amount), new Exact(0));
}

/**
 * How `lineAmount` comes about: one share for each tier reached, else a single one. 6 units of [up to 5 at 700, then
 * 650] are 5 × 700 = 3500 and 1 × 650 = 650.
 */
export function tierBreakdown(price: Price, units: Units): TierShare[] {
  return shares(price, units).map((share) => ({ ...share, amount: share.amount.toFixed() }));
}

/**
 * Where one more unit makes the whole of a volume price cheaper: `units` cost `amount`, one more only `next_amount`.
 * [up to 5 at 700, then 500] falls at 5 units, from 3500 to 3000. Empty for all other types.
 */
export function totalFallsAt(price: Price): { units: number; amount: number; next_amount: number }[] {
  if (price.type !== 'volume') {
    return [];
  }
  return tiersOf(price)
    .flatMap(({ up_to: upTo }) => (upTo === null ? [] : [upTo + price.included_units]))
    .map((units) => ({
      units,
      amount: lineAmount(price, units),
      next_amount: lineAmount(price, units + 1),
    }))
    .filter(({ amount, next_amount: next }) => next < amount);
}

/**
 * The graph of a price from 0 to `upTo` units: about `points` points at equal distances, and both sides of each boundary,
 * so that steps are seen. A flat price is charged once, whatever the units.
 */
export function curve(price: Price, upTo: number, points: number): { units: number; amount: number }[] {
  if (!Number.isSafeInteger(upTo) || upTo < 1) {
    throw new RangeError(`upTo must be a positive integer, not ${upTo}.`);
  }
  if (!Number.isSafeInteger(points) || points < 2) {
    throw new RangeError(`points must be an integer of at least 2, not ${points}.`);
  }
  const boundaries = (price.tiers ?? [])
    .flatMap(({ up_to: end }) => (end === null ? [] : [end]))
    .concat(price.included_units > 0 || price.tiers !== null ? [0] : [])
    .flatMap((end) => [end + price.included_units, end + price.included_units + 1]);
  const steps = Array.from({ length: points }, (_, index) => Math.round((upTo / (points - 1)) * index));
  return [...new Set([...steps, ...boundaries])]
    .filter((units) => units <= upTo)
    .toSorted((a, b) => a - b)
    .map((units) => ({ units, amount: lineAmount(price, price.type === 'flat' ? 1 : units) }));
}

interface Share extends Omit<TierShare, 'amount'> {
  amount: Decimal;
}

function shares(price: Price, given: Units): Share[] {
  const units = decimal(given, 'units');
  if (units.lt(0)) {
    throw new RangeError(`units must not be negative, not ${units.toFixed()}.`);
  }
  const billable = beyond(units, included(price));
  switch (price.type) {
    case 'flat':
    case 'per_seat':
      return [share(units, present(price.amount, price.type, 'amount'), 0)];
    case 'per_unit':
      return [share(billable, present(price.unit_amount, price.type, 'unit_amount'), 0)];
    case 'package':
      return [share(packages(price, billable), present(price.unit_amount, price.type, 'unit_amount'), 0)];
    case 'graduated':
      return graduated(tiersOf(price), billable);
    case 'volume':
      return volume(tiersOf(price), billable);
  }
}

/** Begun packages: 2,345 units in packages of 1,000 are 3. */
function packages(price: Price, units: Decimal): Decimal {
  const size = present(price.package_size, 'package', 'package_size');
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new RangeError(`package_size must be a positive integer, not ${size}.`);
  }
  const { numerator, denominator } = fraction(units.toFixed());
  const whole = denominator * BigInt(size);
  return new Exact(((numerator + whole - 1n) / whole).toString());
}

function graduated(tiers: readonly Tier[], units: Decimal): Share[] {
  const result: Share[] = [];
  let from = new Exact(0);
  for (const [index, tier] of tiers.entries()) {
    if (index > 0 && units.lte(from)) {
      break;
    }
    const to = tier.up_to === null || units.lt(tier.up_to) ? units : new Exact(tier.up_to);
    result.push(share(to.minus(from), tier.unit_amount, tier.flat_amount));
    from = to;
  }
  return result;
}

function volume(tiers: readonly Tier[], units: Decimal): Share[] {
  const reached = tiers.find(({ up_to: upTo }) => upTo === null || units.lte(upTo));
  return reached === undefined ? [] : [share(units, reached.unit_amount, reached.flat_amount)];
}

function share(units: Decimal, unitAmount: string | number, flatAmount: number): Share {
  const rate = decimal(unitAmount, 'unit_amount');
  return {
    units: units.toFixed(),
    unit_amount: rate.toFixed(),
    flat_amount: flatAmount,
    amount: units.times(rate).plus(wholeAmount(flatAmount, 'flat_amount')),
  };
}

function beyond(units: Decimal, free: number): Decimal {
  return units.gt(free) ? units.minus(free) : new Exact(0);
}

function included({ included_units: free }: Price): number {
  if (!Number.isSafeInteger(free) || free < 0) {
    throw new RangeError(`included_units must be an integer that is not negative, not ${free}.`);
  }
  return free;
}

function tiersOf(price: Price): readonly Tier[] {
  const tiers = present(price.tiers, price.type, 'tiers');
  if (tiers.length === 0) {
    throw new RangeError(`A ${price.type} price needs at least one tier.`);
  }
  let before = 0;
  tiers.forEach(({ up_to: upTo }, index) => {
    if ((upTo === null) !== (index === tiers.length - 1)) {
      throw new RangeError('The last tier, and no other, has up_to null.');
    }
    if (upTo !== null && (!Number.isSafeInteger(upTo) || upTo <= before)) {
      throw new RangeError(`Tiers ascend by whole units: up_to ${upTo} does not follow ${before}.`);
    }
    before = upTo ?? before;
  });
  return tiers;
}

function present<T>(value: T | null, type: PriceType, field: string): T {
  if (value === null) {
    throw new RangeError(`A ${type} price needs ${field}.`);
  }
  return value;
}
