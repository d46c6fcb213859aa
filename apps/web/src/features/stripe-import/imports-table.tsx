'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import Link from 'next/link';
import type { StripeImport } from '../../api/types.ts';
import { formatMoment } from '../../formatting/dates.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { groupWords, importStates, notedBy } from './import-words.ts';

export function ImportsTable({ imports }: { imports: readonly StripeImport[] }) {
  const { href } = useEnvironment();
  return (
    <Table label="Rehearsals and imports">
      <TableHead>
        <tr>
          <HeaderCell>Started</HeaderCell>
          <HeaderCell>What</HeaderCell>
          <HeaderCell>State</HeaderCell>
          <HeaderCell>Plans</HeaderCell>
          <HeaderCell className="text-right">Objects</HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {imports.map((one) => (
          <TableRow key={one.id}>
            <Cell>
              <Link
                href={href(`settings/stripe-import/${one.id}`)}
                className="rounded-sm font-medium tabular-nums hover:underline"
              >
                {formatMoment(one.started_at)}
              </Link>
            </Cell>
            <Cell>{one.dry_run ? 'Rehearsal' : 'Import'}</Cell>
            <Cell>
              <Badge tone={importStates[one.state].tone}>{importStates[one.state].label}</Badge>
            </Cell>
            <Cell className="text-muted">{groupWords[one.groups]}</Cell>
            <Cell numeric>{formatNumber(notedBy(one))}</Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}
