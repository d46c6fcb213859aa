import type { Subscription } from '../../api/types.ts';
import { formatInterval, formatMoney } from '../../formatting/money.ts';

/** What is paid and how often: "$29 / month", "5 × $9 / month". */
export function subscriptionPrice({ items }: Pick<Subscription, 'items'>): string {
  if (items.length === 0) return 'Free';
  return items
    .map(({ amount, quantity, interval, interval_count }) => {
      const price = `${formatMoney(amount)} / ${formatInterval(interval, interval_count)}`;
      return quantity === 1 ? price : `${quantity} × ${price}`;
    })
    .join(' + ');
}
