import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { featuresQuery } from '#features/features/queries.ts';
import { openEnvironment } from '#features/merchants/me.ts';
import { EditPlanForm } from '#features/plans/edit-plan-form.tsx';
import { planDraftQuery, planQuery } from '#features/plans/queries.ts';

export const metadata: Metadata = { title: 'Next version' };

type DraftPageProps = { params: Promise<{ merchant: string; environment: string; plan: string }> };

export default async function DraftPage({ params }: DraftPageProps) {
  const { api } = await openEnvironment(params);
  const id = decodeURIComponent((await params).plan);
  return (
    <Prefetched
      load={(queries) => [
        queries.prefetchQuery(planQuery(api, id)),
        queries.prefetchQuery(planDraftQuery(api, id)),
        queries.prefetchQuery(featuresQuery(api)),
      ]}
    >
      <EditPlanForm id={id} />
    </Prefetched>
  );
}
