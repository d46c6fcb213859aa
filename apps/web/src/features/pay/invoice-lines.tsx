import { Card } from '@billingos/ui/components/card';
import { formatAmount } from '../../formatting/money.ts';
import type { PayPage } from '../customer-links/customer-api.ts';

const days = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});

/** What an invoice is made of. */
export function InvoiceLines({ lines }: { lines: PayPage['lines'] }) {
  if (lines.length === 0) return null;
  return (
    <Card>
      <ul className="divide-y divide-line">
        {lines.map((line, at) => (
          <li key={at} className="flex items-start justify-between gap-4 px-4 py-3 text-sm">
            <span className="grid min-w-0 gap-0.5">
              <span className="break-words">{line.description}</span>
              {line.period_start === null || line.period_end === null ? null : (
                <span className="text-xs text-muted">
                  {days.format(new Date(line.period_start))} – {days.format(new Date(line.period_end))}
                </span>
              )}
            </span>
            <span className="tabular-nums">{formatAmount(line.amount)}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
