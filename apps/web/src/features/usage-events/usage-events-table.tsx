'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import Link from 'next/link';
import type { UsageEvent } from '../../api/types.ts';
import { formatMoment } from '../../formatting/dates.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { Ago, Day } from '../../formatting/time.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { statusWords } from './statuses.ts';

export function UsageEventsTable({ events }: { events: readonly UsageEvent[] }) {
  const { href } = useEnvironment();
  return (
    <Table label="Usage events">
      <TableHead>
        <tr>
          <HeaderCell>Status</HeaderCell>
          <HeaderCell>Customer</HeaderCell>
          <HeaderCell>Meter</HeaderCell>
          <HeaderCell className="text-right">Value</HeaderCell>
          <HeaderCell>Occurred</HeaderCell>
          <HeaderCell>Received</HeaderCell>
          <HeaderCell>Idempotency key</HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {events.map((event) => (
          <TableRow key={event.id}>
            <Cell className="max-w-80 min-w-40 whitespace-normal">
              <Badge tone={statusWords[event.status].tone}>{statusWords[event.status].label}</Badge>
              <Outcome event={event} />
            </Cell>
            <Cell className="max-w-36 truncate font-mono text-xs" title={event.customer ?? undefined}>
              {event.customer === null ? (
                '–'
              ) : (
                <Link
                  href={href(`customers/${encodeURIComponent(event.customer)}`)}
                  className="rounded-sm hover:underline"
                >
                  {event.customer}
                </Link>
              )}
            </Cell>
            <Cell className="font-mono text-xs">{event.meter ?? '–'}</Cell>
            <Cell numeric>{event.value === null ? '–' : formatNumber(event.value)}</Cell>
            <Cell className="text-muted">{event.occurred_at ? formatMoment(event.occurred_at) : '–'}</Cell>
            <Cell className="text-muted">
              <Ago iso={event.received_at} />
            </Cell>
            <Cell
              className="max-w-40 truncate font-mono text-xs text-muted"
              title={event.idempotency_key ?? undefined}
            >
              {event.idempotency_key ?? '–'}
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}

/** Why it did not count, was corrected, or is in another period than its own. */
function Outcome({ event }: { event: UsageEvent }) {
  if (event.reason !== null) return <p className="mt-1 text-xs text-muted">{event.reason}</p>;
  if (event.status !== 'late' || event.period_start === null) return null;
  return (
    <p className="mt-1 text-xs text-muted">
      Its own period was closed: it is in the one from <Day iso={event.period_start} />.
    </p>
  );
}
