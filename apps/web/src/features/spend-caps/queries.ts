import { queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';
import { customerKeys } from '../customers/queries.ts';

/** The caps that hold for a customer, and what was spent under each. */
export function spendCapQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...customerKeys.one(api, id), 'spend-cap'],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/customers/{id}/spend-cap', { params: { path: { id } }, signal })),
  });
}
