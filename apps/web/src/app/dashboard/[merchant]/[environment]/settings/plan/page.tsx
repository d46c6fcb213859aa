import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { MerchantPlan } from '#features/merchant-plan/merchant-plan.tsx';
import { merchantPlanQuery } from '#features/merchant-plan/queries.ts';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';

export const metadata: Metadata = { title: 'Your plan' };

export default async function PlanPage({ params }: { params: EnvironmentParams }) {
  const { api } = await openEnvironment(params);
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(merchantPlanQuery(api))]}>
      <MerchantPlan />
    </Prefetched>
  );
}
