import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';

export type DiscrepancyFilters = { run: string | undefined; cursor: string | undefined };

export const reconciliationKeys = {
  all: (api: EnvironmentApi) => [api.environment_id, 'reconciliation'] as const,
};

/** The latest comparisons with Stripe. */
export function runsQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...reconciliationKeys.all(api), 'runs'],
    queryFn: async ({ signal }) => {
      const query = { limit: 10 };
      const { data } = await unwrap(
        api.client.GET('/api/v1/reconciliation/runs', { params: { query }, signal }),
      );
      return data;
    },
  });
}

/** One page of what differed from Stripe, newest first. */
export function discrepanciesQuery(api: EnvironmentApi, filters: DiscrepancyFilters) {
  return queryOptions({
    queryKey: [...reconciliationKeys.all(api), 'discrepancies', filters],
    queryFn: ({ signal }) => loadDiscrepancies(api, { ...filters, limit: 25, signal }),
    placeholderData: keepPreviousData,
  });
}

type Load = DiscrepancyFilters & { limit: number; signal?: AbortSignal };

export function loadDiscrepancies(api: EnvironmentApi, { run, cursor, limit, signal }: Load) {
  const query = { limit, ...(run ? { run } : {}), ...(cursor ? { cursor } : {}) };
  return unwrap(
    api.client.GET('/api/v1/reconciliation/discrepancies', {
      params: { query },
      ...(signal ? { signal } : {}),
    }),
  );
}
