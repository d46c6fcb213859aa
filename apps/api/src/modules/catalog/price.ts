import type { z } from 'zod';
import {
  FeatureNotFound,
  FeatureNotMetered,
  PriceRepeated,
  PriceTermsDoNotFit,
  TiersOutOfOrder,
} from './catalog.errors.ts';
import type { planPrice, priceInput } from './price.schemas.ts';

export type PriceType = 'flat' | 'per_seat' | 'per_unit' | 'package' | 'graduated' | 'volume';

export interface Tier {
  /** The last unit of the tier; null in the last one. */
  up_to: number | null;
  /** Decimal minor units. */
  unit_amount: string;
  flat_amount: number;
}

/** What a price charges, in minor units of its currency. */
export interface PriceTerms {
  type: PriceType;
  currency: string;
  interval: 'day' | 'week' | 'month' | 'year';
  interval_count: number;
  amount: number | null;
  unit_amount: string | null;
  package_size: number | null;
  included_units: number;
  tiers: Tier[] | null;
}

type WishedPrice = z.output<typeof priceInput>;
type Charge = Omit<WishedPrice, 'feature' | 'currency' | 'interval' | 'interval_count'>;

interface KnownFeature {
  id: string;
  key: string;
  type: 'boolean' | 'metered' | 'config';
}

/** Stripe bills at least every three years. */
const yearsMax = 3;

/** Which fields each type must have; any other of them does not fit. */
const needed = {
  flat: ['amount'],
  per_seat: ['amount'],
  per_unit: ['unit_amount'],
  package: ['unit_amount', 'package_size'],
  graduated: ['tiers'],
  volume: ['tiers'],
} as const satisfies Record<PriceType, readonly ChargeField[]>;
const chargeFields = ['amount', 'unit_amount', 'package_size', 'tiers'] as const;
type ChargeField = (typeof chargeFields)[number];

/**
 * The prices of a plan from what was wished for them: `{ type: 'per_unit', unit_amount: '0.5', feature: 'api_calls', … }`
 * charges half a cent a call. Throws `PriceTermsDoNotFit`, `TiersOutOfOrder`, `FeatureNotFound`, `FeatureNotMetered` or
 * `PriceRepeated`, each naming the field.
 */
export function pricesOf(
  wishes: readonly WishedPrice[],
  known: readonly KnownFeature[],
): (PriceTerms & { feature_id: string | null })[] {
  const prices = wishes.map((wish, index) => {
    const at = `prices.${index}`;
    if (wish.interval === 'year' && wish.interval_count > yearsMax) {
      throw new PriceTermsDoNotFit(
        `A price recurs at least every ${yearsMax} years: shorten the interval.`,
        `${at}.interval_count`,
      );
    }
    return {
      currency: wish.currency,
      interval: wish.interval,
      interval_count: wish.interval_count,
      ...chargeOf(wish, at),
      feature_id: featureOf(wish, known, at),
    };
  });
  refuseRepeatedPrices(wishes);
  return prices;
}

/** How a price charges. Refuses a field that its type lacks or does not take; `at` is where the wish stands in the body. */
export function chargeOf(
  wish: Charge,
  at: string,
): Pick<PriceTerms, 'type' | 'amount' | 'unit_amount' | 'package_size' | 'included_units' | 'tiers'> {
  const path = (field: string): string => (at === '' ? field : `${at}.${field}`);
  const fields: readonly ChargeField[] = needed[wish.type];
  for (const field of chargeFields) {
    if (fields.includes(field) && wish[field] === undefined) {
      throw new PriceTermsDoNotFit(`A price of type ${wish.type} needs ${field}.`, path(field));
    }
    if (!fields.includes(field) && wish[field] !== undefined) {
      throw new PriceTermsDoNotFit(`A price of type ${wish.type} takes no ${field}.`, path(field));
    }
  }
  if ((wish.type === 'flat' || wish.type === 'per_seat') && wish.included_units !== undefined) {
    throw new PriceTermsDoNotFit(
      `A price of type ${wish.type} takes no included_units.`,
      path('included_units'),
    );
  }
  if (wish.tiers !== undefined) {
    refuseDisorder(wish.tiers, path('tiers'));
  }
  return {
    type: wish.type,
    amount: wish.amount ?? null,
    unit_amount: wish.unit_amount === undefined ? null : plainDecimal(wish.unit_amount),
    package_size: wish.package_size ?? null,
    included_units: wish.included_units ?? 0,
    tiers: wish.tiers?.map((tier) => ({ ...tier, unit_amount: plainDecimal(tier.unit_amount) })) ?? null,
  };
}

function featureOf(wish: WishedPrice, known: readonly KnownFeature[], at: string): string | null {
  if (wish.feature === undefined) {
    if (wish.type === 'per_unit') {
      throw new PriceTermsDoNotFit('A price of type per_unit needs feature.', `${at}.feature`);
    }
    return null;
  }
  if (wish.type === 'flat' || wish.type === 'per_seat') {
    throw new PriceTermsDoNotFit(`A price of type ${wish.type} takes no feature.`, `${at}.feature`);
  }
  const feature = known.find(({ key }) => key === wish.feature);
  if (feature === undefined) {
    throw new FeatureNotFound(wish.feature, `${at}.feature`);
  }
  if (feature.type !== 'metered') {
    throw new FeatureNotMetered(wish.feature, `${at}.feature`);
  }
  return feature.id;
}

function refuseDisorder(tiers: readonly Tier[], at: string): void {
  let before = 0;
  tiers.forEach(({ up_to: upTo }, index) => {
    const isLast = index === tiers.length - 1;
    if (isLast !== (upTo === null)) {
      throw new TiersOutOfOrder(
        isLast ? 'The last tier is without end: its up_to is null.' : 'Only the last tier has up_to null.',
        `${at}.${index}.up_to`,
      );
    }
    if (upTo !== null && upTo <= before) {
      throw new TiersOutOfOrder(`Tiers ascend: this one must end after ${before}.`, `${at}.${index}.up_to`);
    }
    before = upTo ?? before;
  });
}

/** What a price is for within its offer: the flat part, the seats, or the use of one feature. */
export function purposeOf({
  type,
  feature,
}: {
  type: PriceType;
  feature?: string | null | undefined;
}): string {
  if (type === 'flat') {
    return 'flat price';
  }
  return feature === undefined || feature === null ? 'price for seats' : `price for the use of ${feature}`;
}

/**
 * Prices of the same currency and interval are sold together: of them one may be flat, one for seats, and one for the
 * use of each feature. $19 and $190 a month are two flat prices, and refused.
 */
function refuseRepeatedPrices(
  prices: readonly Pick<WishedPrice, 'type' | 'feature' | 'currency' | 'interval' | 'interval_count'>[],
): void {
  const seen = new Set<string>();
  prices.forEach((price, index) => {
    const { currency, interval, interval_count: count } = price;
    const terms = `${purposeOf(price)} in ${currency} every ${count} ${interval}`;
    if (seen.has(terms)) {
      throw new PriceRepeated(`There is more than one ${terms}. Leave one out.`, `prices.${index}`);
    }
    seen.add(terms);
  });
}

/** A price as it is shown: its amount with the currency. */
export function shownPrice<
  T extends PriceTerms & { id: string; feature: string | null; stripe_price_id: string | null },
>(price: T): z.input<typeof planPrice> {
  return {
    ...price,
    amount: price.amount === null ? null : { amount: price.amount, currency: price.currency },
  };
}

/** Without zeros that mean nothing: "007.500" is "7.5". */
function plainDecimal(text: string): string {
  const [whole = '0', fraction = ''] = text.split('.');
  const digits = fraction.replace(/0+$/, '');
  const units = whole.replace(/^0+(?=\d)/, '');
  return digits === '' ? units : `${units}.${digits}`;
}
