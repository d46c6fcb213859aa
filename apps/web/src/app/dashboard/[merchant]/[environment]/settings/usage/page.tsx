import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { usageSettingsQuery } from '#features/settings/queries.ts';
import { UsageSettings } from '#features/settings/usage-settings.tsx';

export const metadata: Metadata = { title: 'Usage rules' };

export default async function UsageSettingsPage({ params }: { params: EnvironmentParams }) {
  const { api } = await openEnvironment(params);
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(usageSettingsQuery(api))]}>
      <UsageSettings />
    </Prefetched>
  );
}
