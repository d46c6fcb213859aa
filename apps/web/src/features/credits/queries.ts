import { queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';
import { customerKeys } from '../customers/queries.ts';

const newest = 10;

export function creditsQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...customerKeys.one(api, id), 'credits'],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/customers/{id}/credits', { params: { path: { id } }, signal })),
  });
}

/** The newest grants of a customer. */
export function creditGrantsQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...customerKeys.one(api, id), 'credit-grants'],
    queryFn: ({ signal }) =>
      unwrap(
        api.client.GET('/api/v1/customers/{id}/credits/grants', {
          params: { path: { id }, query: { limit: newest } },
          signal,
        }),
      ),
  });
}

/** The newest movements of a customer's credits. */
export function creditEntriesQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...customerKeys.one(api, id), 'credit-entries'],
    queryFn: ({ signal }) =>
      unwrap(
        api.client.GET('/api/v1/customers/{id}/credits/entries', {
          params: { path: { id }, query: { limit: newest } },
          signal,
        }),
      ),
  });
}
