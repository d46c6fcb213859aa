import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { usageEventsQuery } from '#features/usage-events/queries.ts';
import { eventStatuses } from '#features/usage-events/statuses.ts';
import { UsageEvents } from '#features/usage-events/usage-events.tsx';
import { cursorOf, textOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'Usage events' };

type UsageEventsPageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function UsageEventsPage({ params, searchParams }: UsageEventsPageProps) {
  const { api } = await openEnvironment(params);
  const { status, meter, customer, from, to, pages } = await searchParams;
  const filters = {
    status: eventStatuses.find((known) => known === status),
    meter: textOf(meter),
    customer: textOf(customer),
    from: textOf(from),
    to: textOf(to),
    cursor: cursorOf(pages),
  };
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(usageEventsQuery(api, filters))]}>
      <UsageEvents />
    </Prefetched>
  );
}
