import { queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';
import { customerKeys } from '../customers/queries.ts';

/** The prices that one customer has in place of those of the plans. */
export function customerPricesQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...customerKeys.one(api, id), 'prices'],
    queryFn: async ({ signal }) => {
      const answer = api.client.GET('/api/v1/customers/{id}/prices', { params: { path: { id } }, signal });
      return (await unwrap(answer)).data;
    },
  });
}
