import { queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';

export const stripeAccountKeys = {
  all: (api: EnvironmentApi) => [api.environment_id, 'stripe-account'] as const,
};

export function stripeAccountQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: stripeAccountKeys.all(api),
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/stripe-account', { signal })),
  });
}
