'use client';

import { Card } from '@billingos/ui/components/card';
import { CopyableCode } from '@billingos/ui/components/copy-button';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { useQuery } from '@tanstack/react-query';
import { ScrollText } from 'lucide-react';
import { formatMoment } from '../../formatting/dates.ts';
import { PagedList } from '../../listing/paged-list.tsx';
import { usePages } from '../../listing/pages.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { auditLogQuery } from './queries.ts';

/** Who changed what, newest first. */
export function AuditLog() {
  const { api } = useEnvironment();
  const pages = usePages();
  const entries = useQuery(auditLogQuery(api, pages.cursor));
  return (
    <>
      <PageHeader title="Audit log" description="Every change in this environment and who made it." />
      <Card>
        <PagedList
          query={entries}
          pages={pages}
          noun={['entry', 'entries']}
          empty={
            <EmptyState icon={ScrollText} title="Nothing has changed yet">
              Every change of a plan, key, customer or subscription is written down here.
            </EmptyState>
          }
        >
          {(data) => (
            <Table label="Audit log">
              <TableHead>
                <tr>
                  <HeaderCell className="border-t-0">When</HeaderCell>
                  <HeaderCell className="border-t-0">Who</HeaderCell>
                  <HeaderCell className="border-t-0">What</HeaderCell>
                  <HeaderCell className="border-t-0">On</HeaderCell>
                </tr>
              </TableHead>
              <TableBody>
                {data.map((entry) => (
                  <TableRow key={entry.id}>
                    <Cell className="text-muted tabular-nums">{formatMoment(entry.created_at)}</Cell>
                    <Cell>{entry.actor.label ?? entry.actor.type}</Cell>
                    <Cell className="font-mono text-xs">{entry.action}</Cell>
                    <Cell className="max-w-64">
                      <CopyableCode value={entry.target.id} label={`Copy id of ${entry.target.type}`} />
                    </Cell>
                  </TableRow>
                ))}
              </TableBody>
            </Table>
          )}
        </PagedList>
      </Card>
    </>
  );
}
