import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { recoveriesQuery, recoverySummaryQuery } from '#features/recoveries/queries.ts';
import { Recoveries } from '#features/recoveries/recoveries.tsx';
import { recoveryStates } from '#features/recoveries/states.ts';
import { cursorOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'Payment recovery' };

type RecoveryPageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function RecoveryPage({ params, searchParams }: RecoveryPageProps) {
  const { api } = await openEnvironment(params);
  const { state, pages } = await searchParams;
  const filters = { state: recoveryStates.find((known) => known === state), cursor: cursorOf(pages) };
  return (
    <Prefetched
      load={(queries) => [
        queries.prefetchQuery(recoveriesQuery(api, filters)),
        queries.prefetchQuery(recoverySummaryQuery(api)),
      ]}
    >
      <Recoveries />
    </Prefetched>
  );
}
