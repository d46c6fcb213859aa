import { describe, expect, it } from 'vitest';
import {
  FeatureNotFound,
  FeatureNotMetered,
  PriceRepeated,
  PriceTermsDoNotFit,
  TiersOutOfOrder,
} from './catalog.errors.ts';
import { priceInput } from './price.schemas.ts';
import { pricesOf } from './price.ts';

const known = [
  { id: 'feat_calls', key: 'calls', type: 'metered' },
  { id: 'feat_storage', key: 'storage', type: 'metered' },
  { id: 'feat_exports', key: 'exports', type: 'boolean' },
] as const;
const monthly = { currency: 'usd', interval: 'month' } as const;
const tiers = [
  { up_to: 100, unit_amount: '5', flat_amount: 200 },
  { up_to: null, unit_amount: '2.5' },
];

/** As a request says it: through the schema, then the rules. */
function priced(...wishes: object[]) {
  return pricesOf(
    wishes.map((wish) => priceInput.parse({ ...monthly, ...wish })),
    known,
  );
}

describe('a price', () => {
  it.each([
    [{ amount: 1_900 }, { type: 'flat', amount: 1_900, unit_amount: null, tiers: null, feature_id: null }],
    [
      { type: 'per_seat', amount: 800 },
      { type: 'per_seat', amount: 800, feature_id: null },
    ],
    [
      { type: 'per_unit', unit_amount: '00.3500', feature: 'calls', included_units: 10 },
      { type: 'per_unit', amount: null, unit_amount: '0.35', included_units: 10, feature_id: 'feat_calls' },
    ],
    [
      { type: 'package', unit_amount: '100', package_size: 1_000, feature: 'calls' },
      { type: 'package', unit_amount: '100', package_size: 1_000, feature_id: 'feat_calls' },
    ],
    [
      { type: 'package', unit_amount: '100', package_size: 5 },
      { type: 'package', package_size: 5, feature_id: null },
    ],
    [
      { type: 'graduated', tiers, feature: 'storage' },
      {
        type: 'graduated',
        tiers: [
          { up_to: 100, unit_amount: '5', flat_amount: 200 },
          { up_to: null, unit_amount: '2.5', flat_amount: 0 },
        ],
        feature_id: 'feat_storage',
      },
    ],
    [
      { type: 'volume', tiers },
      { type: 'volume', feature_id: null },
    ],
  ])('%o is %o', (wish, price) => {
    expect(priced(wish)).toMatchObject([{ ...monthly, interval_count: 1, ...price }]);
  });

  it.each([
    [{}, 'prices.0.amount'],
    [{ amount: 1, unit_amount: '1' }, 'prices.0.unit_amount'],
    [{ amount: 1, tiers }, 'prices.0.tiers'],
    [{ amount: 1, included_units: 1 }, 'prices.0.included_units'],
    [{ amount: 1, feature: 'calls' }, 'prices.0.feature'],
    [{ type: 'per_seat', amount: 1, package_size: 2 }, 'prices.0.package_size'],
    [{ type: 'per_unit', feature: 'calls' }, 'prices.0.unit_amount'],
    [{ type: 'per_unit', unit_amount: '1' }, 'prices.0.feature'],
    [{ type: 'per_unit', unit_amount: '1', amount: 1, feature: 'calls' }, 'prices.0.amount'],
    [{ type: 'package', unit_amount: '1', feature: 'calls' }, 'prices.0.package_size'],
    [{ type: 'graduated', feature: 'calls' }, 'prices.0.tiers'],
    [{ type: 'volume', tiers, unit_amount: '1' }, 'prices.0.unit_amount'],
    [{ amount: 1, interval: 'year', interval_count: 4 }, 'prices.0.interval_count'],
  ])('%o is refused, and says where', (wish, param) => {
    expect(() => priced(wish)).toThrow(expect.objectContaining({ constructor: PriceTermsDoNotFit, param }));
  });

  it.each([
    [[{ up_to: 100, unit_amount: '5' }], 'prices.0.tiers.0.up_to'],
    [
      [
        { up_to: null, unit_amount: '5' },
        { up_to: null, unit_amount: '5' },
      ],
      'prices.0.tiers.0.up_to',
    ],
    [
      [
        { up_to: 100, unit_amount: '5' },
        { up_to: 100, unit_amount: '4' },
        { up_to: null, unit_amount: '3' },
      ],
      'prices.0.tiers.1.up_to',
    ],
  ])('in the tiers %o is refused', (disordered, param) => {
    expect(() => priced({ type: 'volume', tiers: disordered })).toThrow(
      expect.objectContaining({ constructor: TiersOutOfOrder, param }),
    );
  });

  it('charges the use of a metered feature only', () => {
    const perUnit = { type: 'per_unit', unit_amount: '1' };
    expect(() => priced({ ...perUnit, feature: 'nothing' })).toThrow(
      expect.objectContaining({ constructor: FeatureNotFound, param: 'prices.0.feature' }),
    );
    expect(() => priced({ ...perUnit, feature: 'exports' })).toThrow(
      expect.objectContaining({ constructor: FeatureNotMetered, param: 'prices.0.feature' }),
    );
  });

  it.each(['-1', '1e3', '1.', '.5', '1,5', '', 'NaN', '0.1234567890123', '1234567890123'])(
    'of %j a unit is refused',
    (amount) => {
      const wish = { ...monthly, type: 'per_unit', unit_amount: amount, feature: 'calls' };
      expect(priceInput.safeParse(wish).success).toBe(false);
    },
  );
});

describe('an offer', () => {
  const calls = { type: 'per_unit', unit_amount: '1', feature: 'calls' };
  const storage = { type: 'graduated', tiers, feature: 'storage' };

  it('has one flat price, one for seats and one for the use of each feature, in each currency and interval', () => {
    const offer = [{ amount: 1 }, { type: 'per_seat', amount: 1 }, calls, storage];
    const prices = priced(
      ...offer,
      ...offer.map((price) => ({ ...price, currency: 'eur' })),
      ...offer.map((price) => ({ ...price, interval: 'year' })),
      ...offer.map((price) => ({ ...price, interval_count: 3 })),
    );
    expect(prices).toHaveLength(16);
  });

  it.each([
    [{ amount: 1 }, { amount: 2 }],
    [
      { type: 'per_seat', amount: 1 },
      { type: 'volume', tiers },
    ],
    [calls, { type: 'package', unit_amount: '1', package_size: 10, feature: 'calls' }],
  ])('is refused with both %o and %o', (one, other) => {
    expect(() => priced(storage, one, other)).toThrow(
      expect.objectContaining({ constructor: PriceRepeated, param: 'prices.2' }),
    );
  });
});
