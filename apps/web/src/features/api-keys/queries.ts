import { queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';

export const apiKeyKeys = { all: (api: EnvironmentApi) => [api.environment_id, 'api-keys'] as const };

export function apiKeysQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...apiKeyKeys.all(api), 'list'],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/api-keys', { params: { query: { limit: 100 } }, signal })),
  });
}
