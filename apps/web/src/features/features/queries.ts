import { queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';

export const featureKeys = { all: (api: EnvironmentApi) => [api.environment_id, 'features'] as const };

/** The features of the environment. A catalog is short, so one page of a hundred is all of it. */
export function featuresQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...featureKeys.all(api), 'list'],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/features', { params: { query: { limit: 100 } }, signal })),
  });
}

export function metersQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...featureKeys.all(api), 'meters'],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/meters', { params: { query: { limit: 100 } }, signal })),
  });
}
