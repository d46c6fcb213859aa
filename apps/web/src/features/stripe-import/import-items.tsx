'use client';

import { Card, CardHeader } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { Select } from '@billingos/ui/components/select';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { Import } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { QueryStates } from '../../api/query-states.tsx';
import type { StripeImport, StripeImportItem } from '../../api/types.ts';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { Pager } from '../../listing/pager.tsx';
import { usePages } from '../../listing/pages.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { kindWords, notedBy, outcomeWords } from './import-words.ts';
import { ItemsTable } from './items-table.tsx';
import { itemKinds, itemsQuery, loadItems, outcomes } from './queries.ts';

const every = 'all';

const columns: readonly CsvColumn<StripeImportItem>[] = [
  { header: 'kind', value: (row) => row.kind },
  { header: 'stripe_id', value: (row) => row.stripe_id },
  { header: 'outcome', value: (row) => row.outcome },
  { header: 'object_id', value: (row) => row.object_id },
  { header: 'reason', value: (row) => row.reason },
];

/** What became of each object of Stripe. */
export function ImportItems({ report }: { report: StripeImport }) {
  const { api } = useEnvironment();
  const [kind, setKind] = useQueryState('kind', parseAsStringLiteral(itemKinds));
  const [outcome, setOutcome] = useQueryState('outcome', parseAsStringLiteral(outcomes));
  const pages = usePages();
  const filters = { kind: kind ?? undefined, outcome: outcome ?? undefined };
  const items = useQuery(
    itemsQuery(api, report.id, { ...filters, noted: notedBy(report), cursor: pages.cursor }),
  );
  const words = outcomeWords(report.dry_run);
  return (
    <Card>
      <CardHeader
        title="Each object"
        action={
          <ExportButton
            name={`stripe-import-${report.id}`}
            columns={columns}
            load={(cursor) => loadItems(api, report.id, { ...filters, cursor, limit: 100 })}
          />
        }
      />
      <div className="flex flex-wrap gap-2 px-3 pb-3">
        <Select
          aria-label="Kind"
          className="w-40"
          value={kind ?? every}
          options={[
            { value: every, label: 'Every kind' },
            ...itemKinds.map((value) => ({ value, label: kindWords[value] })),
          ]}
          onValueChange={(value) => {
            pages.restart();
            void setKind(itemKinds.find((known) => known === value) ?? null);
          }}
        />
        <Select
          aria-label="Outcome"
          className="w-40"
          value={outcome ?? every}
          options={[
            { value: every, label: 'Every outcome' },
            ...outcomes.map((value) => ({ value, label: words[value] })),
          ]}
          onValueChange={(value) => {
            pages.restart();
            void setOutcome(outcomes.find((known) => known === value) ?? null);
          }}
        />
      </div>
      <QueryStates query={items} loading={<TableSkeleton label="Loading objects" />}>
        {({ data, next_cursor }) =>
          data.length > 0 ? (
            <>
              <ItemsTable items={data} words={words} />
              <Pager
                pages={pages}
                next_cursor={next_cursor}
                summary={`${data.length} ${data.length === 1 ? 'object' : 'objects'}`}
              />
            </>
          ) : (
            <EmptyState icon={Import} title={kind || outcome ? 'None of these' : 'No objects'}>
              {emptyWords(report, kind !== null || outcome !== null)}
            </EmptyState>
          )
        }
      </QueryStates>
    </Card>
  );
}

function emptyWords({ state }: StripeImport, isFiltered: boolean): string {
  if (isFiltered) return 'Choose another kind or outcome to see more.';
  return state === 'running'
    ? 'They appear here as they are read.'
    : 'The connected Stripe account has neither products nor customers.';
}
