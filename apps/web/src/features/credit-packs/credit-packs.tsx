'use client';

import { Card } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { useQuery } from '@tanstack/react-query';
import { Coins } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import type { CreditPack } from '../../api/types.ts';
import { ChoiceFilter } from '../../listing/choice-filter.tsx';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { PagedList } from '../../listing/paged-list.tsx';
import { usePages } from '../../listing/pages.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { CreateCreditPackDialog } from './create-credit-pack-dialog.tsx';
import { CreditPacksTable } from './credit-packs-table.tsx';
import { creditPacksQuery, loadCreditPacks } from './queries.ts';

const shows = ['all'] as const;

const columns: readonly CsvColumn<CreditPack>[] = [
  { header: 'id', value: (row) => row.id },
  { header: 'key', value: (row) => row.key },
  { header: 'name', value: (row) => row.name },
  { header: 'credits', value: (row) => row.credits },
  { header: 'amount', value: (row) => row.price.amount },
  { header: 'currency', value: (row) => row.price.currency },
  { header: 'expires_after_days', value: (row) => row.expires_after_days },
  { header: 'archived_at', value: (row) => row.archived_at },
  { header: 'created_at', value: (row) => row.created_at },
];

export function CreditPacks() {
  const { api } = useEnvironment();
  const [show, setShow] = useQueryState('show', parseAsStringLiteral(shows));
  const pages = usePages();
  const archived = show === 'all';
  const packs = useQuery(creditPacksQuery(api, { archived, cursor: pages.cursor }));
  return (
    <>
      <PageHeader
        title="Credit packs"
        description="Credits that customers buy in advance."
        actions={
          <>
            <ExportButton
              name="credit-packs"
              columns={columns}
              load={(cursor) => loadCreditPacks(api, { archived, cursor, limit: 100 })}
            />
            <CreateCreditPackDialog />
          </>
        }
      />
      <Card>
        <div className="p-3">
          <ChoiceFilter
            label="Which packs"
            choices={shows}
            wordOf={() => 'Archived too'}
            everyLabel="Not archived"
            value={show}
            onChoose={(value) => {
              pages.restart();
              void setShow(value);
            }}
          />
        </div>
        <PagedList
          query={packs}
          pages={pages}
          noun={['pack', 'packs']}
          empty={
            <EmptyState icon={Coins} title="No credit packs yet" action={<CreateCreditPackDialog />}>
              A pack is a number of credits at a price. Customers buy one when a limit is used up, by
              themselves or automatically, and features with a credit cost go on working.
            </EmptyState>
          }
        >
          {(data) => <CreditPacksTable packs={data} />}
        </PagedList>
      </Card>
    </>
  );
}
