import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { env } from '#env.ts';
import { featuresQuery } from '#features/features/queries.ts';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { onboardingQuery } from '#features/onboarding/queries.ts';
import { Quickstart } from '#features/quickstart/quickstart.tsx';

export const metadata: Metadata = { title: 'Quickstart' };

export default async function QuickstartPage({ params }: { params: EnvironmentParams }) {
  const { api } = await openEnvironment(params);
  return (
    <Prefetched
      load={(queries) => [
        queries.prefetchQuery(featuresQuery(api)),
        queries.prefetchQuery(onboardingQuery(api)),
      ]}
    >
      <Quickstart api_url={env().api_url} />
    </Prefetched>
  );
}
