import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { subscriptionsQuery } from '#features/subscriptions/queries.ts';
import { statusFilters } from '#features/subscriptions/statuses.ts';
import { Subscriptions } from '#features/subscriptions/subscriptions.tsx';
import { cursorOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'Subscriptions' };

type SubscriptionsPageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function SubscriptionsPage({ params, searchParams }: SubscriptionsPageProps) {
  const { api } = await openEnvironment(params);
  const { status, pages } = await searchParams;
  const filters = { status: statusFilters.find((known) => known === status), cursor: cursorOf(pages) };
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(subscriptionsQuery(api, filters))]}>
      <Subscriptions />
    </Prefetched>
  );
}
