import type { Subscription } from '../../api/types.ts';
import { formatInterval, formatMoney } from '../../formatting/money.ts';

/** What is paid and how often: "$29 / month", "5 × $9 / month". */
export function subscriptionPrice({ items }: Pick<Subscription, 'items'>): string {
  const fixed = items.flatMap(({ amount, quantity, interval, interval_count }) => {
    if (amount === null) return [];
    const price = `${formatMoney(amount)} / ${formatInterval(interval, interval_count)}`;
    return [quantity === 1 ? price : `${quantity} × ${price}`];
  });
  const byUse = items.some(({ feature }) => feature !== null);
  const parts = byUse ? [...fixed, 'usage'] : fixed;
  return parts.length === 0 ? 'Free' : parts.join(' + ');
}
