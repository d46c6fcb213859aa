import { Notice } from '@billingos/ui/components/notice';
import { Skeleton } from '@billingos/ui/components/skeleton';
import type { UseQueryResult } from '@tanstack/react-query';
import { describeError } from '../../api/errors.ts';
import type { ChangePreview as Preview } from '../../api/types.ts';
import { formatDay } from '../../formatting/dates.ts';
import { formatAmount, formatMoney } from '../../formatting/money.ts';

/** What a change charges and changes, line by line. */
export function ChangePreview({ preview }: { preview: UseQueryResult<Preview> }) {
  if (preview.isError) return <Notice tone="danger">{describeError(preview.error).message}</Notice>;
  const { data } = preview;
  if (!data) return <Skeleton className="h-32" />;
  const { due_now, next_renewal, effective_at, when, entitlements } = data;
  return (
    <section
      aria-label="What it comes to"
      aria-live="polite"
      className="grid gap-3 rounded-md border bg-subtle p-3 text-sm"
    >
      {due_now ? (
        <table className="w-full">
          <caption className="sr-only">Charged now</caption>
          <tbody>
            {due_now.lines.map((line, index) => (
              <tr key={index}>
                <th scope="row" className="py-0.5 pr-3 text-left font-normal text-muted">
                  {line.description}
                </th>
                <td className="py-0.5 text-right tabular-nums">{formatAmount(line.amount)}</td>
              </tr>
            ))}
            {due_now.discount.amount > 0 ? (
              <tr>
                <th scope="row" className="py-0.5 pr-3 text-left font-normal text-muted">
                  Discount
                </th>
                <td className="py-0.5 text-right tabular-nums">
                  {formatAmount({ ...due_now.discount, amount: -due_now.discount.amount })}
                </td>
              </tr>
            ) : null}
            <tr className="border-t font-semibold">
              <th scope="row" className="pt-2 pr-3 text-left font-semibold">
                {due_now.total.amount < 0 ? 'Becomes credit' : 'Charged now'}
              </th>
              <td className="pt-2 text-right tabular-nums">
                {formatAmount(
                  due_now.total.amount < 0
                    ? { ...due_now.total, amount: -due_now.total.amount }
                    : due_now.amount_due,
                )}
              </td>
            </tr>
          </tbody>
        </table>
      ) : (
        <p className="font-medium">
          Nothing is charged now. {when === 'period_end' ? `It changes on ${formatDay(effective_at)}.` : null}
        </p>
      )}
      {next_renewal ? (
        <p className="text-muted">The next renewal comes to {formatMoney(next_renewal.total)}.</p>
      ) : null}
      {entitlements.length > 0 ? (
        <ul className="grid gap-0.5">
          {entitlements.map(({ feature, before, after }) => (
            <li key={feature}>
              <span className="font-medium">{feature}</span>: {grantWords(before)} → {grantWords(after)}
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}

type Grant = Preview['entitlements'][number]['before'];

function grantWords(grant: Grant): string {
  if (grant === null) return 'not included';
  if (grant.value !== null) return grant.value;
  return grant.limit === null ? 'included' : grant.limit.toLocaleString('en-US');
}
