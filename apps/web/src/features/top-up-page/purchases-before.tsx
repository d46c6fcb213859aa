import { Card } from '@billingos/ui/components/card';
import { formatDay } from '../../formatting/dates.ts';
import { formatAmount } from '../../formatting/money.ts';
import { formatExact } from '../../formatting/numbers.ts';
import type { TopUpPurchase } from '../customer-links/customer-api.ts';

const words: Record<TopUpPurchase['state'], string> = {
  paid: 'Paid',
  failed: 'Declined',
  confirm: 'Waits for you to confirm',
  under_way: 'Under way',
};

/** The newest purchases, for who wonders whether one went through. */
export function PurchasesBefore({ purchases }: { purchases: readonly TopUpPurchase[] }) {
  if (purchases.length === 0) return null;
  return (
    <section className="grid gap-2" aria-label="Bought before">
      <h2 className="text-sm font-medium">Bought before</h2>
      <Card>
        <ul className="divide-y divide-line">
          {purchases.map(({ id, credits, amount, state, created_at }) => (
            <li key={id} className="flex items-start justify-between gap-4 px-4 py-3 text-sm">
              <span className="grid gap-0.5">
                <span>{formatExact(credits)} credits</span>
                <span className="text-xs text-muted">
                  {formatDay(created_at)} · {words[state]}
                </span>
              </span>
              <span className={state === 'failed' ? 'text-muted line-through tabular-nums' : 'tabular-nums'}>
                {formatAmount(amount)}
              </span>
            </li>
          ))}
        </ul>
      </Card>
    </section>
  );
}
