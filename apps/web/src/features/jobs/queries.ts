import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';
import type { Job } from '../../api/types.ts';

export type JobFilters = { state: Job['state'] | undefined; cursor: string | undefined };

export const jobStates = ['pending', 'enqueued', 'done', 'failed'] as const satisfies readonly Job['state'][];

export const jobKeys = { all: (api: EnvironmentApi) => [api.environment_id, 'jobs'] as const };

export function jobsQuery(api: EnvironmentApi, { state, cursor }: JobFilters) {
  const query = { limit: 25, ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) };
  return queryOptions({
    queryKey: [...jobKeys.all(api), 'list', query],
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/jobs', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}
