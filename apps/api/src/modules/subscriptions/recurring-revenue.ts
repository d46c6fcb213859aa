import { multiple } from '@billingos/pricing/money';
import { discountLines } from '@billingos/pricing/discount';
import type { Recurrence } from '@billingos/pricing/period';
import { lineAmount, type Price } from '@billingos/pricing/price';
import { monthlyAmount } from '@billingos/pricing/recurring';

/** What a subscription charges: its prices with their quantities, and the discounts it carries. */
export interface RecurringSale {
  items: readonly {
    price: Price & Recurrence & { currency: string; feature: string | null };
    quantity: number;
  }[];
  discounts: readonly {
    percent_off: number | string | null;
    amount_off: number | null;
    duration: 'once' | 'repeating' | 'forever';
  }[];
}

/**
 * What a subscription brings in a month, in minor units: what is charged in advance, less the discounts that last for
 * ever, brought to a month and rounded once. 90,000 a year less 10 % are 6,750. Null: everything is charged by use.
 */
export function monthlyRevenue({
  items,
  discounts,
}: RecurringSale): { amount: number; currency: string } | null {
  const inAdvance = items.filter(({ price }) => price.feature === null);
  const first = inAdvance[0]?.price;
  if (first === undefined) {
    return null;
  }
  const lines = inAdvance.map(({ price, quantity }) => lineAmount(price, quantity));
  const lasting = discounts.filter(({ duration }) => duration === 'forever');
  const amount = lines.reduce((sum, line) => sum + line, 0) - discountLines(lines, lasting).total;
  return { amount: monthlyAmount({ ...first, amount, quantity: 1 }), currency: first.currency };
}

/** What sales bring in a month together, in each currency; `times` is how many are alike. */
export function recurringAmounts(
  sales: readonly (RecurringSale & { times?: number })[],
): { amount: number; currency: string }[] {
  const monthly = new Map<string, number>();
  for (const { times = 1, ...sale } of sales) {
    const revenue = monthlyRevenue(sale);
    if (revenue !== null) {
      monthly.set(revenue.currency, (monthly.get(revenue.currency) ?? 0) + multiple(revenue.amount, times));
    }
  }
  return [...monthly].map(([currency, amount]) => ({ amount, currency }));
}
