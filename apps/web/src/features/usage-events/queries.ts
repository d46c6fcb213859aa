import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';
import type { UsageEvent } from '../../api/types.ts';

export type UsageEventFilters = { status: UsageEvent['status'] | undefined; cursor: string | undefined };

/** Single events, newest first, with what became of each. */
export function usageEventsQuery(api: EnvironmentApi, filters: UsageEventFilters) {
  return queryOptions({
    queryKey: [api.environment_id, 'usage', 'events', filters],
    queryFn: ({ signal }) => loadUsageEvents(api, { ...filters, limit: 25, signal }),
    placeholderData: keepPreviousData,
    // Somebody who looks here is waiting for an event that was just sent.
    refetchInterval: 10_000,
  });
}

type Load = UsageEventFilters & { limit: number; signal?: AbortSignal };

export function loadUsageEvents(api: EnvironmentApi, { status, cursor, limit, signal }: Load) {
  const query = { limit, ...(status ? { status } : {}), ...(cursor ? { cursor } : {}) };
  return unwrap(api.client.GET('/api/v1/usage/events', { params: { query }, ...(signal ? { signal } : {}) }));
}
