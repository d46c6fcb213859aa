import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { usageQuery } from '#features/usage/queries.ts';
import { UsagePeriods } from '#features/usage/usage-periods.tsx';
import { cursorOf, textOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'Usage by billing period' };

type UsagePeriodsPageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function UsagePeriodsPage({ params, searchParams }: UsagePeriodsPageProps) {
  const { api } = await openEnvironment(params);
  const { customer, meter, pages } = await searchParams;
  const filters = { customer: textOf(customer), meter: textOf(meter), cursor: cursorOf(pages) };
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(usageQuery(api, filters))]}>
      <UsagePeriods />
    </Prefetched>
  );
}
