import { queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';

const poll_ms = 3_000;

/** The first steps of an environment. It asks again every few seconds until all are done, so they tick by themselves. */
export function onboardingQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [api.environment_id, 'onboarding'],
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/onboarding', { signal })),
    refetchInterval: (query) => (query.state.data?.steps.every(({ done_at }) => done_at) ? false : poll_ms),
  });
}
