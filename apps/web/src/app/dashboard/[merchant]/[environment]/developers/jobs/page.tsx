import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { Jobs } from '#features/jobs/jobs.tsx';
import { jobsQuery, jobStates } from '#features/jobs/queries.ts';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { cursorOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'Jobs' };

type JobsPageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function JobsPage({ params, searchParams }: JobsPageProps) {
  const { api } = await openEnvironment(params);
  const { state, pages } = await searchParams;
  const filters = { state: jobStates.find((known) => known === state), cursor: cursorOf(pages) };
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(jobsQuery(api, filters))]}>
      <Jobs />
    </Prefetched>
  );
}
