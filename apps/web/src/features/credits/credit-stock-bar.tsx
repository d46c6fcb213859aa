import { cn } from '@billingos/ui/cn';
import type { CreditBalance, CreditGrant } from '../../api/types.ts';
import { formatDay } from '../../formatting/dates.ts';
import { formatExact } from '../../formatting/numbers.ts';
import { type Expiry, stockOf } from './credit-stock.ts';

const looks: Record<Expiry, { tone: string; words: string }> = {
  soon: { tone: 'bg-warning', words: 'within 7 days' },
  month: { tone: 'bg-accent', words: 'within 30 days' },
  later: { tone: 'bg-accent/60', words: 'later' },
  never: { tone: 'bg-success', words: 'never' },
};

type CreditStockBarProps = { balance: CreditBalance; grants: readonly CreditGrant[]; now: number };

/** The balance as a bar, parted by when it expires, with the line below which somebody is told. */
export function CreditStockBar({ balance, grants, now }: CreditStockBarProps) {
  const { balance: total, scheduled, next_expiry: next, low_at } = balance;
  const stock = stockOf(grants, now);
  const scale = Math.max(total, low_at ?? 0, 1);
  const isLow = low_at !== null && total < low_at;
  return (
    <div className="grid gap-2">
      <p className="flex flex-wrap items-baseline gap-x-2 text-sm">
        <span className={cn('text-2xl font-semibold tabular-nums', isLow && 'text-danger-ink')}>
          {formatExact(total)}
        </span>
        <span className="text-muted">
          {total === 1 ? 'credit' : 'credits'} to use
          {scheduled > 0 ? `, and ${formatExact(scheduled)} that cannot be used yet` : null}
        </span>
      </p>
      <div className="relative" aria-hidden>
        <div className="flex h-2.5 gap-0.5 overflow-hidden rounded-full bg-hover">
          {stock.map(({ expiry, quantity }) => (
            <div
              key={expiry}
              className={looks[expiry].tone}
              style={{ width: `${(quantity / scale) * 100}%` }}
            />
          ))}
        </div>
        {low_at === null ? null : (
          <div
            className="absolute -top-1 -bottom-1 w-0.5 rounded-full bg-ink"
            style={{ left: `${(low_at / scale) * 100}%` }}
          />
        )}
      </div>
      <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted" aria-label="By when they expire">
        {stock.map(({ expiry, quantity }) => (
          <li key={expiry} className="flex items-center gap-1.5">
            <span aria-hidden className={cn('size-2 rounded-full', looks[expiry].tone)} />
            {formatExact(quantity)} {expiry === 'never' ? 'never expire' : `expire ${looks[expiry].words}`}
          </li>
        ))}
        {low_at === null ? null : (
          <li className="flex items-center gap-1.5">
            <span aria-hidden className="h-3 w-0.5 rounded-full bg-ink" />
            {isLow ? 'Below' : 'Low is below'} {formatExact(low_at)}
          </li>
        )}
      </ul>
      {next ? (
        <p className="text-xs text-muted">
          Next, {formatExact(next.quantity)} expire on {formatDay(next.expires_at)} unless they are used
          before.
        </p>
      ) : null}
    </div>
  );
}
