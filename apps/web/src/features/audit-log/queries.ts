import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';

export function auditLogQuery(api: EnvironmentApi, cursor: string | undefined) {
  const query = { limit: 25, ...(cursor ? { cursor } : {}) };
  return queryOptions({
    queryKey: [api.environment_id, 'audit-log', query],
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/audit-log', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}
