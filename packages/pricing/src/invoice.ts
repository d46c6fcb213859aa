import { discountLines, type Reduction } from './discount.ts';
import { sum } from './money.ts';
import { taxLines, type TaxRate } from './tax.ts';

export interface InvoiceTotals {
  /** Of each line, in the order given. */
  lines: { amount: number; discount_amount: number; tax_amount: number }[];
  subtotal: number;
  discount_total: number;
  /** What is in or on the amounts, as the rate says. */
  tax_total: number;
  total: number;
}

/**
 * An invoice from the rounded amounts of its lines: discounts first, then the tax on what they leave.
 * `total = subtotal - discount_total + tax_total`; inclusive tax is in the subtotal already and adds nothing. 10000 less
 * 20 % and with 18 % tax on top are 10000 - 2000 + 1440 = 9440.
 */
export function invoiceTotals(
  amounts: readonly number[],
  { reductions = [], tax }: { reductions?: readonly Reduction[]; tax?: TaxRate | undefined } = {},
): InvoiceTotals {
  const discounts = discountLines(amounts, reductions);
  const net = amounts.map((amount, index) => sum([amount, -(discounts.amounts[index] ?? 0)]));
  const taxes = tax === undefined ? { taxes: net.map(() => 0), total: 0 } : taxLines(net, tax);
  return {
    lines: amounts.map((amount, index) => ({
      amount,
      discount_amount: discounts.amounts[index] ?? 0,
      tax_amount: taxes.taxes[index] ?? 0,
    })),
    subtotal: sum(amounts),
    discount_total: discounts.total,
    tax_total: taxes.total,
    total: sum([...net, tax?.inclusive === true ? 0 : taxes.total]),
  };
}
