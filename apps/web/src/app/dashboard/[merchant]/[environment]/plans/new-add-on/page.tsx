import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { featuresQuery } from '#features/features/queries.ts';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { CreatePlanForm } from '#features/plans/create-plan-form.tsx';

export const metadata: Metadata = { title: 'New add-on' };

export default async function NewAddOnPage({ params }: { params: EnvironmentParams }) {
  const { api } = await openEnvironment(params);
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(featuresQuery(api))]}>
      <CreatePlanForm type="add_on" />
    </Prefetched>
  );
}
