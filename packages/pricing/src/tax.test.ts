import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sum } from './money.ts';
import { taxLines, taxOf } from './tax.ts';

describe('tax', () => {
  it.each([
    // "Inclusive and exclusive tax options", https://support.stripe.com/questions/
    // inclusive-and-exclusive-tax-options-in-the-tax-rate-api-and-stripe-tax: 10 % on €600 make €660; within them, the total
    // stays €600, of which 60000 × 10/110 = 5454.55 are tax.
    [60_000, { percentage: 10, inclusive: false }, 6_000],
    [60_000, { percentage: 10, inclusive: true }, 5_455],
    [100, { percentage: '7.25', inclusive: false }, 7],
    [200, { percentage: '7.25', inclusive: false }, 15],
    [-200, { percentage: '7.25', inclusive: false }, -15],
    [1_000, { percentage: 0, inclusive: true }, 0],
  ])('of %i at %j is %i', (amount, rate, tax) => {
    expect(taxOf(amount, rate)).toBe(tax);
  });

  it("is rounded by line, as in Stripe's example", () => {
    // "Rounding rules", https://support.stripe.com/questions/rounding-rules-for-stripe-fees: 15 % of $0.43 is $0.0645, of
    // $4.84 $0.726: 6 and 73 cents, $0.79 on $5.27.
    const rate = { percentage: 15, inclusive: false };
    expect(taxLines([43, 484], rate)).toEqual({ taxes: [6, 73], total: 79 });
  });

  it('is rounded once for all lines where that is asked for', () => {
    // 3 × 0.5 = 1.5: by line 1 each; once 2.
    const rate = { percentage: 10, inclusive: false };
    expect(taxLines([5, 5, 5], rate)).toEqual({ taxes: [1, 1, 1], total: 3 });
    expect(taxLines([5, 5, 5], rate, 'rate')).toEqual({ taxes: [1, 0, 1], total: 2 });
  });

  it('of lines adds up to the total, however it is rounded', () => {
    const rate = fc.record({
      percentage: fc.nat({ max: 1_000_000 }).map((tenThousandths) => tenThousandths / 10_000),
      inclusive: fc.boolean(),
    });
    const lines = fc.array(fc.integer({ min: -1_000_000, max: 10_000_000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(lines, rate, (amounts, given) => {
        const once = taxLines(amounts, given, 'rate');
        expect(once.total).toBe(taxOf(sum(amounts), given));
        expect(sum(once.taxes)).toBe(once.total);
        const byLine = taxLines(amounts, given);
        expect(sum(byLine.taxes)).toBe(byLine.total);
        expect([...once.taxes, ...byLine.taxes].every((tax) => !Object.is(tax, -0))).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  it('is refused at a rate that is none', () => {
    expect(() => taxOf(100, { percentage: -1, inclusive: false })).toThrow(
      'percentage must be between 0 and 100',
    );
    expect(() => taxOf(100, { percentage: Number.NaN, inclusive: false })).toThrow(
      'percentage must be a finite',
    );
  });
});
