import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { invoiceTotals } from './invoice.ts';
import { sum } from './money.ts';

describe('an invoice', () => {
  it('takes discounts off first, then adds the tax on what they leave', () => {
    // 7000 and 3000 less 20 %: 5600 and 2400; 18 % of them: 1008 and 432.
    expect(
      invoiceTotals([7_000, 3_000], {
        reductions: [{ percent_off: 20, amount_off: null }],
        tax: { percentage: 18, inclusive: false },
      }),
    ).toEqual({
      lines: [
        { amount: 7_000, discount_amount: 1_400, tax_amount: 1_008 },
        { amount: 3_000, discount_amount: 600, tax_amount: 432 },
      ],
      subtotal: 10_000,
      discount_total: 2_000,
      tax_total: 1_440,
      total: 9_440,
    });
  });

  it('adds nothing for a tax that is in the prices', () => {
    // 12000 × 20/120 = 2000.
    expect(invoiceTotals([12_000], { tax: { percentage: 20, inclusive: true } })).toMatchObject({
      subtotal: 12_000,
      tax_total: 2_000,
      total: 12_000,
    });
  });

  // INV-31
  it('adds up, whatever its lines', () => {
    const lines = fc.array(fc.integer({ min: -100_000, max: 10_000_000 }), { maxLength: 20 });
    fc.assert(
      fc.property(lines, fc.nat({ max: 100 }), fc.nat({ max: 30 }), (amounts, percent, percentage) => {
        const totals = invoiceTotals(amounts, {
          reductions: [{ percent_off: percent, amount_off: null }],
          tax: { percentage, inclusive: false },
        });
        expect(totals.total).toBe(sum([totals.subtotal, -totals.discount_total, totals.tax_total]));
        expect(totals.total).toBe(
          sum(totals.lines.flatMap((line) => [line.amount, -line.discount_amount, line.tax_amount])),
        );
      }),
      { numRuns: 5_000 },
    );
  });
});
