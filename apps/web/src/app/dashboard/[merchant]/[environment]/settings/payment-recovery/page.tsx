import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { paymentSettingsQuery, recoverySettingsQuery } from '#features/settings/queries.ts';
import { RecoverySettings } from '#features/settings/recovery-settings.tsx';

export const metadata: Metadata = { title: 'Payment recovery settings' };

export default async function RecoverySettingsPage({ params }: { params: EnvironmentParams }) {
  const { api } = await openEnvironment(params);
  return (
    <Prefetched
      load={(queries) => [
        queries.prefetchQuery(recoverySettingsQuery(api)),
        queries.prefetchQuery(paymentSettingsQuery(api)),
      ]}
    >
      <RecoverySettings />
    </Prefetched>
  );
}
