import { monthlyAmount } from '@billingos/pricing/recurring';

interface WithItems {
  items: readonly {
    amount: { amount: number; currency: string } | null;
    quantity: number;
    interval: 'day' | 'week' | 'month' | 'year';
    interval_count: number;
  }[];
}

/** What subscriptions bring in a month, in each currency; what is charged by use is not counted. */
export function recurringAmounts(
  subscriptions: readonly WithItems[],
): { amount: number; currency: string }[] {
  const monthly = new Map<string, number>();
  for (const { items } of subscriptions) {
    for (const { amount, ...terms } of items) {
      if (amount !== null) {
        const share = monthlyAmount({ ...terms, amount: amount.amount });
        monthly.set(amount.currency, (monthly.get(amount.currency) ?? 0) + share);
      }
    }
  }
  return [...monthly].map(([currency, amount]) => ({ amount, currency }));
}
