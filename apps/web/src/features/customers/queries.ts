import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';

export type CustomerFilters = { search: string | undefined; cursor: string | undefined };

const page_size = 25;

export const customerKeys = {
  all: (api: EnvironmentApi) => [api.environment_id, 'customers'] as const,
  one: (api: EnvironmentApi, id: string) => [api.environment_id, 'customers', 'one', id] as const,
};

/** One page of customers, newest first. */
export function customersQuery(api: EnvironmentApi, filters: CustomerFilters) {
  return queryOptions({
    queryKey: [...customerKeys.all(api), 'list', filters],
    queryFn: ({ signal }) => loadCustomers(api, { ...filters, limit: page_size, signal }),
    placeholderData: keepPreviousData,
  });
}

type Load = CustomerFilters & { limit: number; signal?: AbortSignal };

export function loadCustomers(api: EnvironmentApi, { search, cursor, limit, signal }: Load) {
  const query = { limit, ...(search ? { search } : {}), ...(cursor ? { cursor } : {}) };
  return unwrap(api.client.GET('/api/v1/customers', { params: { query }, ...(signal ? { signal } : {}) }));
}

export function customerQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...customerKeys.one(api, id), 'identity'],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/customers/{id}', { params: { path: { id } }, signal })),
  });
}

/** What the customer may do now, with use against limits. */
export function entitlementsQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...customerKeys.one(api, id), 'entitlements'],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/customers/{id}/entitlements', { params: { path: { id } }, signal })),
  });
}

export function customerSummaryQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...customerKeys.all(api), 'summary'],
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/customers/summary', { signal })),
  });
}
