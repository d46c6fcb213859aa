import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { NotificationSettings } from '#features/notifications/notification-settings.tsx';
import { notificationSettingsQuery } from '#features/notifications/queries.ts';

export const metadata: Metadata = { title: 'Notifications' };

export default async function NotificationsPage({ params }: { params: EnvironmentParams }) {
  const { api } = await openEnvironment(params);
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(notificationSettingsQuery(api))]}>
      <NotificationSettings />
    </Prefetched>
  );
}
