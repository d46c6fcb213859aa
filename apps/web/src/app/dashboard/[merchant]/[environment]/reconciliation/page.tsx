import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { discrepanciesQuery, runsQuery } from '#features/reconciliation/queries.ts';
import { Reconciliation } from '#features/reconciliation/reconciliation.tsx';
import { cursorOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'Reconciliation' };

type ReconciliationPageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function ReconciliationPage({ params, searchParams }: ReconciliationPageProps) {
  const { api } = await openEnvironment(params);
  const { pages } = await searchParams;
  return (
    <Prefetched
      load={(queries) => [
        queries.prefetchQuery(runsQuery(api)),
        queries.prefetchQuery(discrepanciesQuery(api, { run: undefined, cursor: cursorOf(pages) })),
      ]}
    >
      <Reconciliation />
    </Prefetched>
  );
}
