import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { ApiKeys } from '#features/api-keys/api-keys.tsx';
import { apiKeysQuery } from '#features/api-keys/queries.ts';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';

export const metadata: Metadata = { title: 'API keys' };

export default async function ApiKeysPage({ params }: { params: EnvironmentParams }) {
  const { api } = await openEnvironment(params);
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(apiKeysQuery(api))]}>
      <ApiKeys />
    </Prefetched>
  );
}
