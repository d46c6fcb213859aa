import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment } from '#features/merchants/me.ts';
import { PlanDetail } from '#features/plans/plan-detail.tsx';
import { affectedQuery, planDraftQuery, planQuery } from '#features/plans/queries.ts';

export const metadata: Metadata = { title: 'Plan' };

type PlanPageProps = { params: Promise<{ merchant: string; environment: string; plan: string }> };

export default async function PlanPage({ params }: PlanPageProps) {
  const { api } = await openEnvironment(params);
  const id = decodeURIComponent((await params).plan);
  return (
    <Prefetched
      load={(queries) => [
        queries.prefetchQuery(planQuery(api, id)),
        queries.prefetchQuery(planDraftQuery(api, id)),
        queries.prefetchQuery(affectedQuery(api, id)),
      ]}
    >
      <PlanDetail id={id} />
    </Prefetched>
  );
}
