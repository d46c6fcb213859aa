import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';
import type { RequestGroup } from '../../api/types.ts';
import { queryOf, type Range } from './range.ts';

export type SummaryFilters = { range: Range; group_by: RequestGroup; customer: string | undefined };

/** Calls to the merchant's own API, added up. */
export function requestsSummaryQuery(api: EnvironmentApi, { range, group_by, customer }: SummaryFilters) {
  const query = { ...queryOf(range, Date.now()), group_by, ...(customer ? { customer } : {}) };
  return queryOptions({
    queryKey: [api.environment_id, 'requests', 'summary', query],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/requests/summary', { params: { query }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });
}
