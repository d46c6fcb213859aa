import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';

export const disputeKeys = { all: (api: EnvironmentApi) => [api.environment_id, 'disputes'] as const };

/** One page of disputes, newest first. */
export function disputesQuery(api: EnvironmentApi, cursor: string | undefined) {
  return queryOptions({
    queryKey: [...disputeKeys.all(api), 'list', cursor],
    queryFn: ({ signal }) => loadDisputes(api, { cursor, limit: 25, signal }),
    placeholderData: keepPreviousData,
  });
}

type Load = { cursor: string | undefined; limit: number; signal?: AbortSignal };

export function loadDisputes(api: EnvironmentApi, { cursor, limit, signal }: Load) {
  const query = { limit, ...(cursor ? { cursor } : {}) };
  return unwrap(api.client.GET('/api/v1/disputes', { params: { query }, ...(signal ? { signal } : {}) }));
}
