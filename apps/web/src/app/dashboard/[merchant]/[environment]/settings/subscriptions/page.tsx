import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { subscriptionSettingsQuery } from '#features/settings/queries.ts';
import { SubscriptionSettings } from '#features/settings/subscription-settings.tsx';

export const metadata: Metadata = { title: 'Subscription settings' };

export default async function SubscriptionSettingsPage({ params }: { params: EnvironmentParams }) {
  const { api } = await openEnvironment(params);
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(subscriptionSettingsQuery(api))]}>
      <SubscriptionSettings />
    </Prefetched>
  );
}
