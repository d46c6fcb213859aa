import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { ApiAnalytics } from '#features/requests/api-analytics.tsx';
import { requestsSummaryQuery } from '#features/requests/queries.ts';
import { ranges } from '#features/requests/range.ts';
import { groups } from '#features/requests/groups.ts';
import { textOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'API analytics' };

type ApiAnalyticsPageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function ApiAnalyticsPage({ params, searchParams }: ApiAnalyticsPageProps) {
  const { api } = await openEnvironment(params);
  const { range, by, customer } = await searchParams;
  const filters = {
    range: ranges.find((known) => known === range) ?? 'day',
    group_by: groups.find((known) => known === by) ?? 'endpoint',
    customer: textOf(customer),
  };
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(requestsSummaryQuery(api, filters))]}>
      <ApiAnalytics />
    </Prefetched>
  );
}
