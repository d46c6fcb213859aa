'use client';

import { Card } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { useQuery } from '@tanstack/react-query';
import { ShieldCheck } from 'lucide-react';
import type { Dispute } from '../../api/types.ts';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { PagedList } from '../../listing/paged-list.tsx';
import { usePages } from '../../listing/pages.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { DisputesTable } from './disputes-table.tsx';
import { disputesQuery, loadDisputes } from './queries.ts';

const columns: readonly CsvColumn<Dispute>[] = [
  { header: 'id', value: (row) => row.id },
  { header: 'invoice', value: (row) => row.invoice },
  { header: 'payment', value: (row) => row.payment },
  { header: 'status', value: (row) => row.status },
  { header: 'reason', value: (row) => row.reason },
  { header: 'amount_minor', value: (row) => row.amount.amount },
  { header: 'currency', value: (row) => row.amount.currency },
  { header: 'evidence_due_at', value: (row) => row.evidence_due_at },
  { header: 'created_at', value: (row) => row.created_at },
  { header: 'closed_at', value: (row) => row.closed_at },
];

export function Disputes() {
  const { api } = useEnvironment();
  const pages = usePages();
  const disputes = useQuery(disputesQuery(api, pages.cursor));
  return (
    <>
      <PageHeader
        title="Disputes"
        description="Payments that the holder of a card asked the bank to take back."
        actions={
          <ExportButton
            name="disputes"
            columns={columns}
            load={(cursor) => loadDisputes(api, { cursor, limit: 100 })}
          />
        }
      />
      <Card>
        <PagedList
          query={disputes}
          pages={pages}
          noun={['dispute', 'disputes']}
          empty={
            <EmptyState icon={ShieldCheck} title="No disputes">
              When somebody questions a payment at the bank, you answer here before the bank decides.
            </EmptyState>
          }
        >
          {(data) => <DisputesTable disputes={data} />}
        </PagedList>
      </Card>
    </>
  );
}
