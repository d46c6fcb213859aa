import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';

export type UsageFilters = {
  customer: string | undefined;
  meter: string | undefined;
  cursor: string | undefined;
};

/** Usage records: one row a customer, meter and period. */
export function usageQuery(api: EnvironmentApi, filters: UsageFilters) {
  return queryOptions({
    queryKey: [api.environment_id, 'usage', 'records', filters],
    queryFn: ({ signal }) => loadUsage(api, { ...filters, limit: 25, signal }),
    placeholderData: keepPreviousData,
  });
}

type Load = UsageFilters & { limit: number; signal?: AbortSignal };

export function loadUsage(api: EnvironmentApi, { customer, meter, cursor, limit, signal }: Load) {
  const query = {
    limit,
    ...(customer ? { customer } : {}),
    ...(meter ? { meter } : {}),
    ...(cursor ? { cursor } : {}),
  };
  return unwrap(api.client.GET('/api/v1/usage', { params: { query }, ...(signal ? { signal } : {}) }));
}

/** Events a day over the last thirty days. */
export function usageSummaryQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [api.environment_id, 'usage', 'summary'],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/usage/summary', { params: { query: { days: 30 } }, signal })),
  });
}
