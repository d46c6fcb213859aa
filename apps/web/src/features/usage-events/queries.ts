import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';
import type { UsageEvent } from '../../api/types.ts';

/** A time needs a customer. */
export type UsageEventFilters = {
  status: UsageEvent['status'] | undefined;
  meter: string | undefined;
  customer: string | undefined;
  from: string | undefined;
  to: string | undefined;
  cursor: string | undefined;
};

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

export function loadUsageEvents(api: EnvironmentApi, { limit, signal, ...filters }: Load) {
  const { status, meter, customer, from, to, cursor } = filters;
  const query = {
    limit,
    ...(status ? { status } : {}),
    ...(meter ? { meter } : {}),
    ...(customer ? { customer } : {}),
    ...(customer && from ? { from } : {}),
    ...(customer && to ? { to } : {}),
    ...(cursor ? { cursor } : {}),
  };
  return unwrap(api.client.GET('/api/v1/usage/events', { params: { query }, ...(signal ? { signal } : {}) }));
}
