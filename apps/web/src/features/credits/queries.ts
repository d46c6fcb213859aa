import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';
import { customerKeys } from '../customers/queries.ts';

export function creditsQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...customerKeys.one(api, id), 'credits'],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/customers/{id}/credits', { params: { path: { id } }, signal })),
  });
}

/** The grants of a customer, the newest hundred: who has more of them has used the old ones up. */
export function creditGrantsQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...customerKeys.one(api, id), 'credit-grants'],
    queryFn: ({ signal }) =>
      unwrap(
        api.client.GET('/api/v1/customers/{id}/credits/grants', {
          params: { path: { id }, query: { limit: 100 } },
          signal,
        }),
      ),
  });
}

/** The movements of a customer's credits, newest first, ten more at a time. */
export function creditEntriesQuery(api: EnvironmentApi, id: string) {
  return infiniteQueryOptions({
    queryKey: [...customerKeys.one(api, id), 'credit-entries'],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        api.client.GET('/api/v1/customers/{id}/credits/entries', {
          params: { path: { id }, query: { limit: 10, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });
}

/** The purchases of a customer, newest first; asked again while one of them is under way. */
export function creditTopUpsQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...customerKeys.one(api, id), 'credit-top-ups'],
    queryFn: ({ signal }) =>
      unwrap(
        api.client.GET('/api/v1/customers/{id}/credits/top-ups', {
          params: { path: { id }, query: { limit: 10 } },
          signal,
        }),
      ),
    refetchInterval: ({ state }) =>
      state.data?.data.some((topUp) => topUp.state === 'pending') ? 3_000 : false,
  });
}

export function autoTopUpQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...customerKeys.one(api, id), 'auto-top-up'],
    queryFn: ({ signal }) =>
      unwrap(
        api.client.GET('/api/v1/customers/{id}/credits/auto-top-up', { params: { path: { id } }, signal }),
      ),
  });
}
