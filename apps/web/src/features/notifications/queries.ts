import { queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';

export function notificationSettingsQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [api.environment_id, 'notification-settings'] as const,
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/notification-settings', { signal })),
  });
}
