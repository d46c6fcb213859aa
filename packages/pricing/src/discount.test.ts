import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { discountEnd, discountLines, isDiscounted } from './discount.ts';
import { sum } from './money.ts';

const percent = (value: number | string) => ({ percent_off: value, amount_off: null });
const amount = (value: number) => ({ percent_off: null, amount_off: value });

describe('what discounts take off', () => {
  it.each([
    // "The coupon object", https://docs.stripe.com/api/coupons/object: percent_off of 50 makes a $100 invoice $50.
    ['50 % off 100.00', [10_000], [percent(50)], 5_000],
    // "Coupons", https://docs.stripe.com/billing/subscriptions/coupons: amount_off is taken off the subtotal.
    ['5.00 off 100.00', [10_000], [amount(500)], 500],
    ['never more than there is', [300], [amount(500)], 300],
    // 10000 − 2000 = 8000, − 500.
    ['20 %, then 5.00', [10_000], [percent(20), amount(500)], 2_500],
    // 10000 − 500 = 9500, 20 % of it is 1900.
    ['5.00, then 20 %', [10_000], [amount(500), percent(20)], 2_400],
    // 33.3333 % of 100 = 33.3333.
    ['a percentage with decimals', [100], [percent('33.3333')], 33],
    // 50 % of 1 = 0.5.
    ['half a minor unit, away from zero', [1], [percent(50)], 1],
    ['nothing of a credit', [-500, 1_000], [percent(10)], 100],
    ['nothing of nothing', [0], [percent(100)], 0],
  ])('%s', (_what, lines, reductions, total) => {
    expect(discountLines(lines, reductions).total).toBe(total);
  });

  it('is spread over the lines by their size', () => {
    expect(discountLines([2_000, 1_000], [amount(1_000), percent(10)])).toEqual({
      // 1000 by 2000 and 1000; then 10 % of 1333 + 667 = 200 by those.
      taken: [
        [667, 333],
        [133, 67],
      ],
      amounts: [800, 400],
      total: 1_200,
    });
  });

  // INV-31
  it('adds up over lines and discounts, and never exceeds a line', () => {
    const lines = fc.array(fc.integer({ min: -100_000, max: 10_000_000 }), { minLength: 1, maxLength: 20 });
    const reduction = fc.oneof(
      fc.nat({ max: 1_000_000 }).map((tenThousandths) => percent(tenThousandths / 10_000)),
      fc.nat({ max: 5_000_000 }).map(amount),
    );
    fc.assert(
      fc.property(lines, fc.array(reduction, { maxLength: 4 }), (given, reductions) => {
        const { taken, amounts, total } = discountLines(given, reductions);
        expect(sum(amounts)).toBe(total);
        expect(sum(taken.map((parts) => sum(parts)))).toBe(total);
        given.forEach((line, index) => {
          const off = amounts[index] ?? 0;
          expect(off >= 0 && off <= Math.max(0, line) && !Object.is(off, -0)).toBe(true);
        });
      }),
      { numRuns: 10_000 },
    );
  });

  it.each([
    [percent(101), 'between 0 and 100'],
    [percent(-1), 'between 0 and 100'],
    [percent('x'), 'percent_off must be a finite decimal'],
    [amount(-1), 'amount_off must not be negative'],
    [{ percent_off: 1, amount_off: 1 }, 'either percent_off or amount_off'],
    [{ percent_off: null, amount_off: null }, 'either percent_off or amount_off'],
  ])('is refused: %j', (reduction, message) => {
    expect(() => discountLines([100], [reduction])).toThrow(message);
  });
});

describe('how long a discount counts', () => {
  const start = new Date('2026-01-31T00:00:00Z');
  const months = (count: number) => ({ duration: 'repeating', duration_in_months: count }) as const;
  const once = { duration: 'once', duration_in_months: null } as const;
  const forever = { duration: 'forever', duration_in_months: null } as const;

  it('is to the day of its start, or the last of a shorter month', () => {
    expect(discountEnd(start, months(3))).toEqual(new Date('2026-04-30T00:00:00Z'));
    expect(discountEnd(start, forever)).toBeNull();
  });

  it.each([
    [once, '2026-01-31', true, true],
    [once, '2026-02-28', false, false],
    [months(1), '2026-02-27', false, true],
    [months(1), '2026-02-28', false, false],
    [forever, '2036-01-31', false, true],
    [forever, '2026-01-30', true, false],
  ])('%j counts on %s (first: %s): %s', (term, at, isFirst, counts) => {
    expect(isDiscounted(term, { start, at: new Date(at), is_first: isFirst })).toBe(counts);
  });

  it('refuses to repeat for no months', () => {
    expect(() => discountEnd(start, months(0))).toThrow('duration_in_months must be a positive integer');
  });
});
