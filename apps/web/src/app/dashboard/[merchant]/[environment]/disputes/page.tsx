import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { Disputes } from '#features/disputes/disputes.tsx';
import { disputesQuery } from '#features/disputes/queries.ts';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { cursorOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'Disputes' };

type DisputesPageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function DisputesPage({ params, searchParams }: DisputesPageProps) {
  const { api } = await openEnvironment(params);
  const { pages } = await searchParams;
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(disputesQuery(api, cursorOf(pages)))]}>
      <Disputes />
    </Prefetched>
  );
}
