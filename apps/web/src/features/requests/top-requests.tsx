'use client';

import { Card, CardHeader } from '@billingos/ui/components/card';
import { Select } from '@billingos/ui/components/select';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import Link from 'next/link';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import type { RequestGroup, RequestsSummary } from '../../api/types.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { groups } from './groups.ts';
import { formatMs, formatShare } from './words.ts';

const words: Record<RequestGroup, { label: string; none: string }> = {
  endpoint: { label: 'Endpoint', none: '–' },
  customer: { label: 'Customer', none: 'Nobody in particular' },
  project: { label: 'Project', none: 'No project' },
  key: { label: 'Key', none: 'No key' },
};
const options = groups.map((value) => ({ value, label: `By ${words[value].label.toLowerCase()}` }));

/** Who or what was called most. */
export function TopRequests({ top }: { top: RequestsSummary['top'] }) {
  const [group, setGroup] = useQueryState('by', parseAsStringLiteral(groups).withDefault('endpoint'));
  const { label, none } = words[group];
  return (
    <Card>
      <CardHeader
        title="Most calls"
        description="The first twenty."
        action={
          <Select
            aria-label="Listed by"
            className="w-40"
            value={group}
            options={options}
            onValueChange={(value) => void setGroup(groups.find((known) => known === value) ?? null)}
          />
        }
      />
      <Table label="Most calls">
        <TableHead>
          <tr>
            <HeaderCell>{label}</HeaderCell>
            <HeaderCell className="text-right">Calls</HeaderCell>
            <HeaderCell className="text-right">4xx</HeaderCell>
            <HeaderCell className="text-right">5xx</HeaderCell>
            <HeaderCell className="text-right">p50</HeaderCell>
            <HeaderCell className="text-right">p95</HeaderCell>
            <HeaderCell className="text-right">p99</HeaderCell>
          </tr>
        </TableHead>
        <TableBody>
          {top.map((row) => (
            <TableRow key={row.value}>
              <Cell className="font-mono text-xs">
                {row.value === null ? (
                  <span className="text-muted">{none}</span>
                ) : (
                  <Value group={group} value={row.value} />
                )}
              </Cell>
              <Cell numeric>{formatNumber(row.calls)}</Cell>
              <Cell numeric className="text-muted">
                {formatShare(row.rate_4xx)}
              </Cell>
              <Cell numeric className={row.rate_5xx > 0.01 ? 'text-danger-ink' : 'text-muted'}>
                {formatShare(row.rate_5xx)}
              </Cell>
              <Cell numeric>{formatMs(row.p50_ms)}</Cell>
              <Cell numeric>{formatMs(row.p95_ms)}</Cell>
              <Cell numeric>{formatMs(row.p99_ms)}</Cell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Card>
  );
}

function Value({ group, value }: { group: RequestGroup; value: string }) {
  const { href } = useEnvironment();
  if (group !== 'customer') return value;
  return (
    <Link href={href(`customers/${value}`)} className="rounded-sm hover:underline">
      {value}
    </Link>
  );
}
