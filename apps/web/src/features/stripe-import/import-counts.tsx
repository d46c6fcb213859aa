'use client';

import { Card, CardHeader } from '@billingos/ui/components/card';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import type { StripeImport } from '../../api/types.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { kindWords, outcomeWords } from './import-words.ts';
import { itemKinds, outcomes } from './queries.ts';

/** How many objects of each kind ended how. */
export function ImportCounts({ report }: { report: StripeImport }) {
  const words = outcomeWords(report.dry_run);
  return (
    <Card>
      <CardHeader title="Summary" />
      <Table label="Summary">
        <TableHead>
          <tr>
            <HeaderCell>On Stripe</HeaderCell>
            {outcomes.map((outcome) => (
              <HeaderCell key={outcome} className="text-right">
                {words[outcome]}
              </HeaderCell>
            ))}
          </tr>
        </TableHead>
        <TableBody>
          {itemKinds.map((kind) => (
            <TableRow key={kind}>
              <Cell className="font-medium">{kindWords[kind]}</Cell>
              {outcomes.map((outcome) => (
                <Cell key={outcome} numeric>
                  {formatNumber(report.counts[kind][outcome])}
                </Cell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Card>
  );
}
