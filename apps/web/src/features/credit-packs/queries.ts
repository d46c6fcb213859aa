import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';

export type CreditPackFilters = { archived: boolean; cursor: string | undefined };

export const creditPackKeys = { all: (api: EnvironmentApi) => [api.environment_id, 'credit-packs'] as const };

/** One page of packs, newest first. */
export function creditPacksQuery(api: EnvironmentApi, filters: CreditPackFilters) {
  return queryOptions({
    queryKey: [...creditPackKeys.all(api), 'list', filters],
    queryFn: ({ signal }) => loadCreditPacks(api, { ...filters, limit: 25, signal }),
    placeholderData: keepPreviousData,
  });
}

/** What is on sale and what was. A catalog is short, so one page of a hundred is all of it. */
export function everyCreditPackQuery(api: EnvironmentApi) {
  return queryOptions({
    queryKey: [...creditPackKeys.all(api), 'every'],
    queryFn: ({ signal }) => loadCreditPacks(api, { archived: true, cursor: undefined, limit: 100, signal }),
  });
}

type Load = CreditPackFilters & { limit: number; signal?: AbortSignal };

export function loadCreditPacks(api: EnvironmentApi, { archived, cursor, limit, signal }: Load) {
  const query = {
    limit,
    archived: archived ? ('include' as const) : ('exclude' as const),
    ...(cursor ? { cursor } : {}),
  };
  return unwrap(
    api.client.GET('/api/v1/credits/packs', { params: { query }, ...(signal ? { signal } : {}) }),
  );
}
