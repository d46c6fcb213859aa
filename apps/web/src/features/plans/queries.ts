import { queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';

export const planKeys = { all: (api: EnvironmentApi) => [api.environment_id, 'plans'] as const };

/** The plan that customers without a subscription have. */
export function defaultPlanQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...planKeys.all(api), 'default'],
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/default-plan', { signal })),
  });
}

/** The plans of the environment. A catalog is short, so one page of a hundred is all of it. */
export function plansQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...planKeys.all(api), 'list'],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/plans', { params: { query: { limit: 100 } }, signal })),
  });
}
