'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { textLink } from '@billingos/ui/text-link';
import Link from 'next/link';
import type { Recovery } from '../../api/types.ts';
import { formatDay } from '../../formatting/dates.ts';
import { formatAmount, formatMoney } from '../../formatting/money.ts';
import { Day } from '../../formatting/time.tsx';
import { customerName } from '../customers/customer-name.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { RecoveryActions } from './recovery-actions.tsx';
import { stateWords } from './states.ts';

export function RecoveriesTable({ recoveries }: { recoveries: readonly Recovery[] }) {
  const { can, href } = useEnvironment();
  return (
    <Table label="Failed payments">
      <TableHead>
        <tr>
          <HeaderCell>Customer</HeaderCell>
          <HeaderCell>State</HeaderCell>
          <HeaderCell className="text-right">Amount</HeaderCell>
          <HeaderCell>What comes next</HeaderCell>
          <HeaderCell>First failed</HeaderCell>
          <HeaderCell>
            <span className="sr-only">Actions</span>
          </HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {recoveries.map((recovery) => {
          const { label, tone } = stateWords[recovery.state];
          return (
            <TableRow key={recovery.id}>
              <Cell>
                <Link
                  href={href(`customers/${recovery.customer.id}`)}
                  className="rounded-sm font-medium hover:underline"
                >
                  {customerName(recovery.customer)}
                </Link>
              </Cell>
              <Cell>
                <Badge tone={tone}>{label}</Badge>
              </Cell>
              <Cell numeric>
                <Link href={href(`invoices/${recovery.invoice}`)} className={textLink}>
                  {formatAmount(recovery.amount)}
                </Link>
              </Cell>
              <Cell className="min-w-56 whitespace-normal text-muted">{nextOf(recovery)}</Cell>
              <Cell className="text-muted">
                <Day iso={recovery.first_failed_at} />
              </Cell>
              <Cell className="text-right">
                {recovery.state === 'recovering' && can('invoices:write') ? (
                  <RecoveryActions recovery={recovery} />
                ) : null}
              </Cell>
            </TableRow>
          );
        })}
      </TableBody>
    </Table>
  );
}

/** What happens now, or what it came to. */
function nextOf(recovery: Recovery): string {
  const { state, owner, needs_new_card, next_attempt_at, failures, decline_code, final_action } = recovery;
  if (state === 'recovered') return `${formatMoney(recovery.recovered)} was paid after all`;
  if (state === 'stopped') return 'Nothing is tried any more';
  if (state === 'failed') return ends[final_action ?? 'keep'];
  const why = decline_code ? ` (${decline_code.replaceAll('_', ' ')})` : '';
  const so_far = `Failed ${failures === 1 ? 'once' : `${failures} times`}${why}`;
  if (needs_new_card) return `${so_far}. Waits for another card`;
  if (owner === 'stripe') return `${so_far}. Stripe tries again`;
  return next_attempt_at
    ? `${so_far}. Tried again on ${formatDay(next_attempt_at)}`
    : `${so_far}. No attempt is planned`;
}

const ends = {
  cancel: 'The subscription was canceled',
  pause: 'The subscription was paused',
  keep: 'The subscription stays past due, without access',
} as const;
