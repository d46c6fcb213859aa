import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { Plans } from '#features/plans/plans.tsx';
import { defaultPlanQuery, plansQuery } from '#features/plans/queries.ts';
import { subscriptionSummaryQuery } from '#features/subscriptions/queries.ts';

export const metadata: Metadata = { title: 'Plans' };

export default async function PlansPage({ params }: { params: EnvironmentParams }) {
  const { api } = await openEnvironment(params);
  return (
    <Prefetched
      load={(queries) => [
        queries.prefetchQuery(plansQuery(api)),
        queries.prefetchQuery(defaultPlanQuery(api)),
        queries.prefetchQuery(subscriptionSummaryQuery(api)),
      ]}
    >
      <Plans />
    </Prefetched>
  );
}
