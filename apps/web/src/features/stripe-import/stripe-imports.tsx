'use client';

import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { useQuery } from '@tanstack/react-query';
import { Import } from 'lucide-react';
import type { StripeImport } from '../../api/types.ts';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { PagedList } from '../../listing/paged-list.tsx';
import { usePages } from '../../listing/pages.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { notedBy } from './import-words.ts';
import { ImportsTable } from './imports-table.tsx';
import { importsQuery, loadImports } from './queries.ts';
import { RehearseForm } from './rehearse-form.tsx';

const columns: readonly CsvColumn<StripeImport>[] = [
  { header: 'id', value: (row) => row.id },
  { header: 'kind', value: (row) => (row.dry_run ? 'rehearsal' : 'import') },
  { header: 'groups', value: (row) => row.groups },
  { header: 'state', value: (row) => row.state },
  { header: 'objects', value: notedBy },
  { header: 'error', value: (row) => row.error },
  { header: 'started_at', value: (row) => row.started_at },
  { header: 'finished_at', value: (row) => row.finished_at },
];

export function StripeImports() {
  const { api, can } = useEnvironment();
  const pages = usePages();
  const imports = useQuery(importsQuery(api, pages.cursor));
  return (
    <>
      <PageHeader
        title="Import from Stripe"
        description="Takes over what your Stripe account sells already, and to whom. Nothing changes at Stripe, and a second import changes nothing."
        actions={
          <ExportButton
            name="stripe-imports"
            columns={columns}
            load={(cursor) => loadImports(api, { cursor, limit: 100 })}
          />
        }
      />
      <div className="grid gap-4">
        <Card>
          <CardHeader
            title="First a rehearsal"
            description="It reads everything and says what would become of it. You import from its report."
          />
          <CardBody>
            {can('stripe_account:write') ? (
              <RehearseForm />
            ) : (
              <p className="text-sm text-muted">An owner or admin can import.</p>
            )}
          </CardBody>
        </Card>
        <Card>
          <CardHeader title="Rehearsals and imports" />
          <PagedList
            query={imports}
            pages={pages}
            noun={['report', 'reports']}
            empty={
              <EmptyState icon={Import} title="Nothing was imported yet">
                Once your Stripe account is connected, rehearse the import above.
              </EmptyState>
            }
          >
            {(data) => <ImportsTable imports={data} />}
          </PagedList>
        </Card>
      </div>
    </>
  );
}
