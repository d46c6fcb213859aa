import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { metersQuery } from '#features/features/queries.ts';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { UsageExplorer } from '#features/usage/usage-explorer.tsx';

export const metadata: Metadata = { title: 'Usage' };

export default async function UsagePage({ params }: { params: EnvironmentParams }) {
  const { api } = await openEnvironment(params);
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(metersQuery(api))]}>
      <UsageExplorer />
    </Prefetched>
  );
}
