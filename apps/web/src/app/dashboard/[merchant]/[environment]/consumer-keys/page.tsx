import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { ConsumerKeys } from '#features/consumer-keys/consumer-keys.tsx';
import { consumerKeysQuery, projectsQuery } from '#features/consumer-keys/queries.ts';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { cursorOf, textOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'Consumer keys' };

type ConsumerKeysPageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function ConsumerKeysPage({ params, searchParams }: ConsumerKeysPageProps) {
  const { api } = await openEnvironment(params);
  const { customer, pages } = await searchParams;
  const of = textOf(customer);
  return (
    <Prefetched
      load={(queries) => [
        queries.prefetchQuery(consumerKeysQuery(api, { customer: of, cursor: cursorOf(pages) })),
        queries.prefetchQuery(projectsQuery(api, of)),
      ]}
    >
      <ConsumerKeys />
    </Prefetched>
  );
}
