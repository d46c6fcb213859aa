import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { Features } from '#features/features/features.tsx';
import { featuresQuery } from '#features/features/queries.ts';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';

export const metadata: Metadata = { title: 'Features' };

export default async function FeaturesPage({ params }: { params: EnvironmentParams }) {
  const { api } = await openEnvironment(params);
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(featuresQuery(api))]}>
      <Features />
    </Prefetched>
  );
}
