import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';
import type { SubscriptionChange } from '../../api/types.ts';
import type { StatusFilter } from './statuses.ts';

export type SubscriptionFilters = { status: StatusFilter | undefined; cursor: string | undefined };

export const subscriptionKeys = {
  all: (api: EnvironmentApi) => [api.environment_id, 'subscriptions'] as const,
};

/** One page of subscriptions, newest first. */
export function subscriptionsQuery(api: EnvironmentApi, filters: SubscriptionFilters) {
  return queryOptions({
    queryKey: [...subscriptionKeys.all(api), 'list', filters],
    queryFn: ({ signal }) => loadSubscriptions(api, { ...filters, limit: 25, signal }),
    placeholderData: keepPreviousData,
  });
}

type Load = SubscriptionFilters & { limit: number; signal?: AbortSignal };

export function loadSubscriptions(api: EnvironmentApi, { status, cursor, limit, signal }: Load) {
  const query = { limit, ...(status ? { status } : {}), ...(cursor ? { cursor } : {}) };
  return unwrap(
    api.client.GET('/api/v1/subscriptions', { params: { query }, ...(signal ? { signal } : {}) }),
  );
}

/** The subscriptions of the customers on one page of a list, in one call. */
export function subscriptionsOfQuery(api: EnvironmentApi, customers: readonly string[]) {
  return queryOptions({
    queryKey: [...subscriptionKeys.all(api), 'of', customers],
    queryFn: async ({ signal }) => {
      if (customers.length === 0) return [];
      const query = { customer: customers.join(','), limit: 100 };
      const { data } = await unwrap(api.client.GET('/api/v1/subscriptions', { params: { query }, signal }));
      return data;
    },
  });
}

export function subscriptionQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...subscriptionKeys.all(api), 'one', id],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/subscriptions/{id}', { params: { path: { id } }, signal })),
  });
}

/** What the current period comes to so far. */
export function estimateQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...subscriptionKeys.all(api), 'estimate', id],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/subscriptions/{id}/estimate', { params: { path: { id } }, signal })),
  });
}

/** What a change would charge. Asked anew for each wish: the answer is of the second it was given in. */
export function changePreviewQuery(api: EnvironmentApi, id: string, change: SubscriptionChange) {
  return queryOptions({
    queryKey: [...subscriptionKeys.all(api), 'preview', id, change],
    queryFn: ({ signal }) =>
      unwrap(
        api.client.POST('/api/v1/subscriptions/{id}/preview-change', {
          params: { path: { id } },
          body: change,
          signal,
        }),
      ),
    retry: false,
    gcTime: 0,
  });
}

export function subscriptionSummaryQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...subscriptionKeys.all(api), 'summary'],
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/subscriptions/summary', { signal })),
  });
}
