import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';

export type ConsumerKeyFilters = { customer: string | undefined; cursor: string | undefined };

export const consumerKeyKeys = {
  all: (api: EnvironmentApi) => [api.environment_id, 'consumer-keys'] as const,
};

/** One page of the keys that customers have for the merchant's own API, newest first. */
export function consumerKeysQuery(api: EnvironmentApi, filters: ConsumerKeyFilters) {
  return queryOptions({
    queryKey: [...consumerKeyKeys.all(api), 'list', filters],
    queryFn: ({ signal }) => loadConsumerKeys(api, { ...filters, limit: 25, signal }),
    placeholderData: keepPreviousData,
  });
}

type Load = ConsumerKeyFilters & { limit: number; signal?: AbortSignal };

export function loadConsumerKeys(api: EnvironmentApi, { customer, cursor, limit, signal }: Load) {
  const query = { limit, ...(customer ? { customer } : {}), ...(cursor ? { cursor } : {}) };
  return unwrap(api.client.GET('/api/v1/keys', { params: { query }, ...(signal ? { signal } : {}) }));
}

/** The projects of everybody, or of one customer: at most a hundred. */
export function projectsQuery(api: EnvironmentApi, customer: string | undefined) {
  return queryOptions({
    queryKey: [...consumerKeyKeys.all(api), 'projects', customer],
    queryFn: async ({ signal }) => {
      const query = { limit: 100, ...(customer ? { customer } : {}) };
      const { data } = await unwrap(api.client.GET('/api/v1/projects', { params: { query }, signal }));
      return data;
    },
  });
}
