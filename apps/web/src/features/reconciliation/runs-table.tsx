'use client';

import { Badge, type BadgeTone } from '@billingos/ui/components/badge';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import type { ReconciliationRun } from '../../api/types.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { Ago } from '../../formatting/time.tsx';

const states: Record<ReconciliationRun['state'], { label: string; tone: BadgeTone }> = {
  running: { label: 'Running', tone: 'accent' },
  done: { label: 'Done', tone: 'success' },
  failed: { label: 'Failed', tone: 'danger' },
};
const triggers: Record<ReconciliationRun['trigger'], string> = {
  schedule: 'Every hour',
  manual: 'By hand',
  connected: 'Stripe was connected',
};

export function RunsTable({ runs }: { runs: readonly ReconciliationRun[] }) {
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
              <Ago iso={run.started_at} />
            </Cell>
            <Cell className="text-muted">{triggers[run.trigger]}</Cell>
            <Cell className="max-w-64">
              <Badge tone={states[run.state].tone}>{states[run.state].label}</Badge>
              {run.error ? (
                <p className="text-xs break-words whitespace-normal text-danger-ink">{run.error}</p>
              ) : null}
            </Cell>
            <Cell numeric>{formatNumber(Object.values(run.checked).reduce((sum, one) => sum + one, 0))}</Cell>
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
