'use client';

import { Card, CardHeader } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { useQuery } from '@tanstack/react-query';
import { Import } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import type { StripeImport, StripeImportItem } from '../../api/types.ts';
import { ChoiceFilter } from '../../listing/choice-filter.tsx';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { PagedList } from '../../listing/paged-list.tsx';
import { usePages } from '../../listing/pages.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { kindWords, notedBy, outcomeWords } from './import-words.ts';
import { ItemsTable } from './items-table.tsx';
import { itemKinds, itemsQuery, loadItems, outcomes } from './queries.ts';

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
        <ChoiceFilter
          label="Kind"
          choices={itemKinds}
          wordOf={(one) => kindWords[one]}
          everyLabel="Every kind"
          value={kind}
          onChoose={(value) => {
            pages.restart();
            void setKind(value);
          }}
        />
        <ChoiceFilter
          label="Outcome"
          choices={outcomes}
          wordOf={(one) => words[one]}
          everyLabel="Every outcome"
          value={outcome}
          onChoose={(value) => {
            pages.restart();
            void setOutcome(value);
          }}
        />
      </div>
      <PagedList
        query={items}
        pages={pages}
        noun={['object', 'objects']}
        empty={
          <EmptyState icon={Import} title={kind || outcome ? 'None of these' : 'No objects'}>
            {emptyWords(report, kind !== null || outcome !== null)}
          </EmptyState>
        }
      >
        {(data) => <ItemsTable items={data} words={words} />}
      </PagedList>
    </Card>
  );
}

function emptyWords({ state }: StripeImport, isFiltered: boolean): string {
  if (isFiltered) return 'Choose another kind or outcome to see more.';
  return state === 'running'
    ? 'They appear here as they are read.'
    : 'The connected Stripe account has neither products nor customers.';
}
