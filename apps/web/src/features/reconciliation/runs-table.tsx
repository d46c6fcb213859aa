'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import Link from 'next/link';
import type { ReconciliationRun } from '../../api/types.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { Ago } from '../../formatting/time.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { comparedBy, runStates, runTriggers } from './run-words.ts';

export function RunsTable({ runs }: { runs: readonly ReconciliationRun[] }) {
  const { href } = useEnvironment();
  return (
    <Table label="Runs">
      <TableHead>
        <tr>
          <HeaderCell>Started</HeaderCell>
          <HeaderCell>Why</HeaderCell>
          <HeaderCell>State</HeaderCell>
          <HeaderCell className="text-right">Compared</HeaderCell>
          <HeaderCell className="text-right">Differed</HeaderCell>
          <HeaderCell className="text-right">Repaired</HeaderCell>
          <HeaderCell className="text-right">Requests</HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {runs.map((run) => (
          <TableRow key={run.id}>
            <Cell>
              <Link
                href={href(`reconciliation/${run.id}`)}
                className="rounded-sm font-medium hover:underline"
              >
                <Ago iso={run.started_at} />
              </Link>
            </Cell>
            <Cell className="text-muted">{runTriggers[run.trigger]}</Cell>
            <Cell className="max-w-64">
              <Badge tone={runStates[run.state].tone}>{runStates[run.state].label}</Badge>
              {run.error ? (
                <p className="text-xs break-words whitespace-normal text-danger-ink">{run.error}</p>
              ) : null}
            </Cell>
            <Cell numeric>{formatNumber(comparedBy(run))}</Cell>
            <Cell numeric>{formatNumber(run.found)}</Cell>
            <Cell numeric>{formatNumber(run.repaired)}</Cell>
            <Cell numeric className="text-muted">
              {formatNumber(run.requests)}
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}
