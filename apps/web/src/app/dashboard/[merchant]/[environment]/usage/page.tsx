import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { usageQuery, usageSummaryQuery } from '#features/usage/queries.ts';
import { Usage } from '#features/usage/usage.tsx';
import { cursorOf, textOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'Usage' };

type UsagePageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function UsagePage({ params, searchParams }: UsagePageProps) {
  const { api } = await openEnvironment(params);
  const { customer, meter, pages } = await searchParams;
  const filters = { customer: textOf(customer), meter: textOf(meter), cursor: cursorOf(pages) };
  return (
    <Prefetched
      load={(queries) => [
        queries.prefetchQuery(usageSummaryQuery(api)),
        queries.prefetchQuery(usageQuery(api, filters)),
      ]}
    >
      <Usage />
    </Prefetched>
  );
}
