import { queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';

export function merchantPlanQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [api.environment_id, 'merchant-plan'] as const,
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/merchant-plan', { signal })),
  });
}
