import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';

const running_ms = 3_000;

export type DiscrepancyFilters = { run: string | undefined; cursor: string | undefined };

export const reconciliationKeys = {
  all: (api: EnvironmentApi) => [api.environment_id, 'reconciliation'] as const,
};

/** The latest comparisons with Stripe. */
export function runsQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...reconciliationKeys.all(api), 'runs'],
    queryFn: async ({ signal }) => {
      const { data } = await loadRuns(api, { cursor: undefined, limit: 10, signal });
      return data;
    },
  });
}

type LoadRuns = { cursor: string | undefined; limit: number; signal?: AbortSignal };

export function loadRuns(api: EnvironmentApi, { cursor, limit, signal }: LoadRuns) {
  const query = { limit, ...(cursor ? { cursor } : {}) };
  return unwrap(
    api.client.GET('/api/v1/reconciliation/runs', { params: { query }, ...(signal ? { signal } : {}) }),
  );
}

/** One run; while it goes on, it is asked for again every few seconds. */
export function runQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...reconciliationKeys.all(api), 'run', id],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/reconciliation/runs/{id}', { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? running_ms : false),
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
