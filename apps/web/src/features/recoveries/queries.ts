import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';
import type { RecoveryState } from './states.ts';

export type RecoveryFilters = { state: RecoveryState | undefined; cursor: string | undefined };

export const recoveryKeys = {
  all: (api: EnvironmentApi) => [api.environment_id, 'recoveries'] as const,
};

/** One page of failed payments, newest first. */
export function recoveriesQuery(api: EnvironmentApi, filters: RecoveryFilters) {
  return queryOptions({
    queryKey: [...recoveryKeys.all(api), 'list', filters],
    queryFn: ({ signal }) => loadRecoveries(api, { ...filters, limit: 25, signal }),
    placeholderData: keepPreviousData,
  });
}

type Load = RecoveryFilters & { limit: number; signal?: AbortSignal };

export function loadRecoveries(api: EnvironmentApi, { state, cursor, limit, signal }: Load) {
  const query = { limit, ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) };
  return unwrap(api.client.GET('/api/v1/recoveries', { params: { query }, ...(signal ? { signal } : {}) }));
}

/** What was won back and lost in the last 90 days. */
export function recoverySummaryQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...recoveryKeys.all(api), 'summary'],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/recoveries/summary', { params: { query: { days: 90 } }, signal })),
  });
}
