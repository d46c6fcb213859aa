import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';

export const alertStates = ['open', 'resolved'] as const;
export type AlertState = (typeof alertStates)[number];
export type AlertFilters = { state: AlertState; cursor: string | undefined };

export const alertKeys = {
  all: (api: EnvironmentApi) => [api.environment_id, 'alerts'] as const,
};

/** One page of alerts, newest first. */
export function alertsQuery(api: EnvironmentApi, filters: AlertFilters) {
  return queryOptions({
    queryKey: [...alertKeys.all(api), 'list', filters],
    queryFn: ({ signal }) => loadAlerts(api, { ...filters, limit: 25, signal }),
    placeholderData: keepPreviousData,
  });
}

type Load = AlertFilters & { limit: number; signal?: AbortSignal };

export function loadAlerts(api: EnvironmentApi, { state, cursor, limit, signal }: Load) {
  const query = { limit, state, ...(cursor ? { cursor } : {}) };
  return unwrap(api.client.GET('/api/v1/alerts', { params: { query }, ...(signal ? { signal } : {}) }));
}

export function alertSummaryQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...alertKeys.all(api), 'summary'],
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/alerts/summary', { signal })),
  });
}
