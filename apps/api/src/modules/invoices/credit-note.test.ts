import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allGiven, creditedAmount } from './credit-note.ts';

describe('a credit note', () => {
  it.each([
    ['all of a line', [{ amount: 1_000, line: { amount: 1_000, discount_amount: 0 } }], 1_000],
    ['half of a line with 100 off', [{ amount: 500, line: { amount: 1_000, discount_amount: 100 } }], 450],
    // A third of 100 off is 33.33….
    ['a third of a line', [{ amount: 333, line: { amount: 999, discount_amount: 100 } }], 300],
    // Half of 5 off is 2.5: half away from zero.
    ['half of an odd discount', [{ amount: 50, line: { amount: 100, discount_amount: 5 } }], 47],
    ['a free line', [{ amount: 0, line: { amount: 0, discount_amount: 0 } }], 0],
  ])('over %s', (_name, lines, amount) => {
    expect(creditedAmount(lines)).toBe(amount);
  });

  it('over all of the lines comes to what they came to', () => {
    const line = fc
      .tuple(fc.integer({ min: 0, max: 1e11 }), fc.integer({ min: 0, max: 1e11 }))
      .map(([a, b]) => ({ amount: Math.max(a, b), discount_amount: Math.min(a, b) }));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const whole = lines.reduce((sum, one) => sum + one.amount - one.discount_amount, 0);
        expect(creditedAmount(lines.map((one) => ({ amount: one.amount, line: one })))).toBe(whole);
      }),
    );
  });

  it('gives back as credit what nobody gave otherwise', () => {
    expect(allGiven(1_000, {})).toEqual({ credit_amount: 1_000, refund_amount: 0, out_of_band_amount: 0 });
    expect(allGiven(1_000, { refund_amount: 300 })).toMatchObject({
      credit_amount: 700,
      refund_amount: 300,
    });
    expect(allGiven(1_000, { refund_amount: 1_000 })).toMatchObject({ credit_amount: 0 });
    expect(allGiven(1_000, { refund_amount: 1_001 })).toBeUndefined();
    expect(allGiven(1_000, { refund_amount: 300, credit_amount: 100 })).toBeUndefined();
  });
});
