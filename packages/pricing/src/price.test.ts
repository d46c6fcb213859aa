import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curve, exactAmount, lineAmount, type Price, tierBreakdown, totalFallsAt } from './price.ts';

const price = (terms: Partial<Price> & Pick<Price, 'type'>): Price => ({
  amount: null,
  unit_amount: null,
  package_size: null,
  included_units: 0,
  tiers: null,
  ...terms,
});
const tier = (upTo: number | null, unit: number | string, flat = 0) => ({
  up_to: upTo,
  unit_amount: String(unit),
  flat_amount: flat,
});

// "Set up tiered pricing", https://docs.stripe.com/subscriptions/pricing-models/tiered-pricing: 1-5 fonts at 7 USD, 6-10 at
// 6.50 USD, from 11 at 6 USD.
const fonts = [tier(5, 700), tier(10, 650), tier(null, 600)];
// "Transform quantities", https://docs.stripe.com/billing/subscriptions/usage-based/transform-quantities: 10 USD an hour,
// counted in minutes, rounded up.
const hours = price({ type: 'package', unit_amount: '1000', package_size: 60 });
// "Quantity transformation", https://stripe.com/docs/billing/subscriptions/quantity-transformation: 10 USD for every 5
// users or portion thereof.
const fiveUsers = price({ type: 'package', unit_amount: '1000', package_size: 5 });
// "Model usage-based pricing", https://docs.stripe.com/billing/subscriptions/usage-based/pricing-models: 100,000 tokens are
// included in 200 USD, each further one is 0.001 USD.
const tokens = price({ type: 'graduated', tiers: [tier(100_000, 0), tier(null, '0.1')] });
const tokensIncluded = price({ type: 'per_unit', unit_amount: '0.1', included_units: 100_000 });
// "Set up a flat fee and overages pricing model",
// https://docs.stripe.com/billing/subscriptions/usage-based-v1/use-cases/flat-fee-and-overages: 100 USD per user, 0-1000
// free, then 0.04 USD.
const users = price({ type: 'per_seat', amount: 10_000 });
const overage = price({ type: 'graduated', tiers: [tier(1_000, 0), tier(null, 4)] });

describe("the examples of Stripe's documentation", () => {
  it.each([
    // The table of volume-based pricing of "Set up tiered pricing".
    ['1 font by volume', price({ type: 'volume', tiers: fonts }), 1, 700],
    ['5 fonts by volume', price({ type: 'volume', tiers: fonts }), 5, 3_500],
    ['6 fonts by volume', price({ type: 'volume', tiers: fonts }), 6, 3_900],
    ['20 fonts by volume', price({ type: 'volume', tiers: fonts }), 20, 12_000],
    ['25 fonts by volume', price({ type: 'volume', tiers: fonts }), 25, 15_000],
    // Its tiers, graduated: 5 fonts as by volume; 5 × 7 + 1 × 6.50; 5 × 7 + 5 × 6.50 + 10 × 6; … + 15 × 6.
    ['5 fonts, graduated', price({ type: 'graduated', tiers: fonts }), 5, 3_500],
    ['6 fonts, graduated', price({ type: 'graduated', tiers: fonts }), 6, 4_150],
    ['20 fonts, graduated', price({ type: 'graduated', tiers: fonts }), 20, 12_750],
    ['25 fonts, graduated', price({ type: 'graduated', tiers: fonts }), 25, 15_750],
    // "Transform quantities": 150 minutes are 3 hours, 30 USD.
    ['150 minutes by the hour', hours, 150, 3_000],
    // The table of "Quantity transformation".
    ['1 user in packages of 5', fiveUsers, 1, 1_000],
    ['3 users in packages of 5', fiveUsers, 3, 1_000],
    ['5 users in packages of 5', fiveUsers, 5, 1_000],
    ['6 users in packages of 5', fiveUsers, 6, 2_000],
    ['7 users in packages of 5', fiveUsers, 7, 2_000],
    // "Model usage-based pricing": nothing up to 100,000; 150,000 are 50,000 × 0.001 = 50 USD more.
    ['100,000 tokens', tokens, 100_000, 0],
    ['150,000 tokens', tokens, 150_000, 5_000],
    ['150,000 tokens, as included units', tokensIncluded, 150_000, 5_000],
    // "Set up a flat fee and overages pricing model": 2 users; 1,000 free; 250 × 0.04.
    ['2 users', users, 2, 20_000],
    ['1,000 of the flat fee', overage, 1_000, 0],
    ['250 beyond the flat fee', overage, 1_250, 1_000],
  ])('%s', (_what, given, units, amount) => {
    expect(lineAmount(given, units)).toBe(amount);
  });
});

describe('what a price charges', () => {
  const graduated = price({
    type: 'graduated',
    tiers: [tier(5, 700, 100), tier(10, 650), tier(null, 600, 50)],
  });

  it.each([
    ['a flat price', price({ type: 'flat', amount: 2_900 }), 1, 2_900],
    ['a flat price, none of it', price({ type: 'flat', amount: 2_900 }), 0, 0],
    // 3 × 33.5 = 100.5.
    ['a fraction of a cent, once per line', price({ type: 'per_unit', unit_amount: '33.5' }), 3, 101],
    ['a millionth of a cent', price({ type: 'per_unit', unit_amount: '0.000001' }), 499_999, 0],
    // 12,345 calls in thousands at 1 rupee: 13 rupees.
    [
      '1 per 1,000 calls in INR',
      price({ type: 'package', unit_amount: '100', package_size: 1_000 }),
      12_345,
      1_300,
    ],
    [
      'whole packages only',
      price({ type: 'package', unit_amount: '100', package_size: 1_000 }),
      12_000,
      1_200,
    ],
    [
      'a begun package of a fraction',
      price({ type: 'package', unit_amount: '100', package_size: 1_000 }),
      '1000.001',
      200,
    ],
    // (12,345 − 500) / 1,000 = 11.845.
    [
      'packages beyond the included units',
      price({ type: 'package', unit_amount: '100', package_size: 1_000, included_units: 500 }),
      12_345,
      1_200,
    ],
    ['within the included units', price({ type: 'per_unit', unit_amount: '5', included_units: 10 }), 10, 0],
    // The fee of the first tier, without any unit: as Stripe charges it.
    ['graduated, no units', graduated, 0, 100],
    // 0.5 × 700 + 100.
    ['graduated, half a unit', graduated, 0.5, 450],
    // 5 × 700 + 100 + 5 × 650.
    ['graduated, up to a boundary', graduated, 10, 6_850],
    // … + 0.001 × 600 + 50 = 6900.6.
    ['graduated, just beyond it', graduated, '10.001', 6_901],
    ['volume, no units', price({ type: 'volume', tiers: [tier(5, 700, 100), tier(null, 500)] }), 0, 100],
    // 1000.001 with up_to 1000 is in tier 2: 1000.001 × 1 + 30 = 1030.001.
    [
      'volume, just beyond',
      price({ type: 'volume', tiers: [tier(1_000, 2), tier(null, 1, 30)] }),
      '1000.001',
      1_030,
    ],
    // Tier chosen on the 5 billable ones of 15: 5 × 700.
    [
      'volume beyond the included units',
      price({ type: 'volume', tiers: fonts, included_units: 10 }),
      15,
      3_500,
    ],
  ])('%s', (_what, given, units, amount) => {
    expect(lineAmount(given, units)).toBe(amount);
  });

  it('is shown tier by tier', () => {
    expect(tierBreakdown(graduated, 6)).toEqual([
      { units: '5', unit_amount: '700', flat_amount: 100, amount: '3600' },
      { units: '1', unit_amount: '650', flat_amount: 0, amount: '650' },
    ]);
    expect(tierBreakdown(price({ type: 'volume', tiers: fonts }), 6)).toEqual([
      { units: '6', unit_amount: '650', flat_amount: 0, amount: '3900' },
    ]);
  });

  it.each([
    [price({ type: 'per_seat', amount: 100 }), -1, 'units must not be negative'],
    [price({ type: 'per_seat', amount: 100 }), Number.NaN, 'units must be a finite decimal number'],
    [price({ type: 'per_seat' }), 1, 'A per_seat price needs amount'],
    [price({ type: 'package', unit_amount: '1' }), 1, 'A package price needs package_size'],
    [
      price({ type: 'package', unit_amount: '1', package_size: 0 }),
      1,
      'package_size must be a positive integer',
    ],
    [
      price({ type: 'per_unit', unit_amount: '1', included_units: -1 }),
      1,
      'included_units must be an integer',
    ],
    [price({ type: 'volume', tiers: [] }), 1, 'needs at least one tier'],
    [price({ type: 'volume', tiers: [tier(5, 1)] }), 1, 'The last tier, and no other, has up_to null'],
    [
      price({ type: 'graduated', tiers: [tier(5, 1), tier(5, 1), tier(null, 1)] }),
      1,
      'up_to 5 does not follow 5',
    ],
  ])('is refused: %j of %s', (given, units, message) => {
    expect(() => lineAmount(given, units)).toThrow(RangeError);
    expect(() => lineAmount(given, units)).toThrow(message);
  });
});

describe('where a volume price makes the total fall', () => {
  it('names the units, and both totals', () => {
    expect(
      totalFallsAt(price({ type: 'volume', tiers: [tier(5, 700), tier(10, 500), tier(null, 500)] })),
    ).toEqual([{ units: 5, amount: 3_500, next_amount: 3_000 }]);
    expect(
      totalFallsAt(price({ type: 'volume', included_units: 2, tiers: [tier(5, 700), tier(null, 500)] })),
    ).toEqual([{ units: 7, amount: 3_500, next_amount: 3_000 }]);
  });

  it('finds nothing where it rises, or where tiers are graduated', () => {
    expect(totalFallsAt(price({ type: 'volume', tiers: fonts }))).toEqual([]);
    expect(totalFallsAt(price({ type: 'graduated', tiers: [tier(5, 700), tier(null, 0)] }))).toEqual([]);
  });
});

describe('the graph of a price', () => {
  it('has both sides of each boundary', () => {
    expect(curve(price({ type: 'volume', tiers: [tier(5, 700), tier(null, 500)] }), 10, 3)).toEqual([
      { units: 0, amount: 0 },
      { units: 1, amount: 700 },
      { units: 5, amount: 3_500 },
      { units: 6, amount: 3_000 },
      { units: 10, amount: 5_000 },
    ]);
  });

  it('of a flat price is level', () => {
    expect(curve(price({ type: 'flat', amount: 900 }), 100, 2)).toEqual([
      { units: 0, amount: 900 },
      { units: 100, amount: 900 },
    ]);
  });
});

const unitAmount = fc
  .tuple(fc.nat({ max: 100_000 }), fc.nat({ max: 999_999 }))
  .map(([whole, decimals]) => `${whole}.${String(decimals).padStart(6, '0')}`);
const tiers = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: 100_000 }), { maxLength: 6 }),
    fc.array(fc.tuple(unitAmount, fc.nat({ max: 10_000 })), { minLength: 7, maxLength: 7 }),
  )
  .map(([ends, terms]) =>
    [...ends.toSorted((a, b) => a - b), null].map((upTo, index) => {
      const [unit, flat] = terms[index] ?? ['0', 0];
      return { up_to: upTo, unit_amount: unit, flat_amount: flat };
    }),
  );
const included = fc.constantFrom(0, 0, 1, 1_000);
const ofAnyType = fc.oneof(
  fc.record({ amount: fc.nat({ max: 99_999_999 }) }).map(({ amount }) => price({ type: 'per_seat', amount })),
  fc
    .record({ unit_amount: unitAmount, included_units: included })
    .map((terms) => price({ type: 'per_unit', ...terms })),
  fc
    .record({
      unit_amount: unitAmount,
      included_units: included,
      package_size: fc.integer({ min: 1, max: 10_000 }),
    })
    .map((terms) => price({ type: 'package', ...terms })),
  fc.record({ tiers, included_units: included }).map((terms) => price({ type: 'graduated', ...terms })),
);
/** Use with three decimals. */
const use = fc
  .tuple(fc.nat({ max: 200_000 }), fc.nat({ max: 999 }))
  .map(([whole, decimals]) => `${whole}.${String(decimals).padStart(3, '0')}`);

describe('any price', () => {
  it('never charges less for more, unless it is a volume price', () => {
    fc.assert(
      fc.property(ofAnyType, use, use, (given, a, b) => {
        const [less, more] = Number(a) <= Number(b) ? [a, b] : [b, a];
        expect(lineAmount(given, less)).toBeLessThanOrEqual(lineAmount(given, more));
      }),
      { numRuns: 5_000 },
    );
  });

  it('charges an integer that is not negative and not -0, and its tiers add up to it', () => {
    const volume = fc
      .record({ tiers, included_units: included })
      .map((terms) => price({ type: 'volume', ...terms }));
    fc.assert(
      fc.property(fc.oneof(ofAnyType, volume), use, (given, units) => {
        const amount = lineAmount(given, units);
        expect(Number.isSafeInteger(amount) && amount >= 0 && !Object.is(amount, -0)).toBe(true);
        const total = tierBreakdown(given, units).reduce(
          (all, share) => all.plus(share.amount),
          exactAmount(price({ type: 'per_seat', amount: 0 }), 0),
        );
        expect(total.eq(exactAmount(given, units))).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  it('charges the same for uses in any order, since their sum is exact', () => {
    const given = price({ type: 'graduated', tiers: [tier(100, '0.1'), tier(null, '0.07')] });
    const uses = fc.array(fc.nat({ max: 1_000_000 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(uses, fc.infiniteStream(fc.nat()), (millionths, order) => {
        const added = (list: number[]) =>
          exactAmount(
            price({ type: 'per_unit', unit_amount: '0.000001' }),
            list.reduce((a, b) => a + b, 0),
          );
        const shuffled = millionths
          .map((value) => ({ value, key: order.next().value ?? 0 }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ value }) => value);
        expect(lineAmount(given, added(shuffled).toFixed())).toBe(
          lineAmount(given, added(millionths).toFixed()),
        );
      }),
    );
  });
});
