'use client';

import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import Link from 'next/link';
import type { UsageRecord } from '../../api/types.ts';
import { formatDay } from '../../formatting/dates.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';

type UsageTableProps = { records: readonly UsageRecord[]; showCustomer: boolean };

export function UsageTable({ records, showCustomer }: UsageTableProps) {
  const { href } = useEnvironment();
  return (
    <Table label="Usage records">
      <TableHead>
        <tr>
          {showCustomer ? <HeaderCell>Customer</HeaderCell> : null}
          <HeaderCell>Meter</HeaderCell>
          <HeaderCell>Period (UTC)</HeaderCell>
          <HeaderCell className="text-right">Value</HeaderCell>
          <HeaderCell className="text-right">Events</HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {records.map((record) => (
          <TableRow key={record.id}>
            {showCustomer ? (
              <Cell>
                <Link href={href(`customers/${record.customer.id}`)} className="font-medium hover:underline">
                  {record.customer.external_id ?? record.customer.id}
                </Link>
              </Cell>
            ) : null}
            <Cell className="font-mono text-xs">
              <Link
                href={href(
                  `usage?${new URLSearchParams({ meter: record.meter, customer: record.customer.external_id ?? record.customer.id }).toString()}`,
                )}
                className="rounded-sm hover:underline"
              >
                {record.meter}
              </Link>
            </Cell>
            <Cell className="text-muted">
              {formatDay(record.period_start)} – {formatDay(record.period_end)}
            </Cell>
            <Cell numeric>{formatNumber(record.value)}</Cell>
            <Cell numeric className="text-muted">
              {formatNumber(record.event_count)}
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}
