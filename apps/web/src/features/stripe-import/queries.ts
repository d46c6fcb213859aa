import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';
import type { StripeImportItem } from '../../api/types.ts';

const running_ms = 3_000;

export const itemKinds = [
  'product',
  'price',
  'customer',
  'subscription',
] as const satisfies readonly StripeImportItem['kind'][];
export const outcomes = [
  'create',
  'link',
  'exists',
  'skip',
] as const satisfies readonly StripeImportItem['outcome'][];

export const stripeImportKeys = {
  all: (api: EnvironmentApi) => [api.environment_id, 'stripe-imports'] as const,
};

type Load = { cursor: string | undefined; limit: number; signal?: AbortSignal };

/** One page of imports and rehearsals, newest first. While one runs, it is asked for again every few seconds. */
export function importsQuery(api: EnvironmentApi, cursor: string | undefined) {
  return queryOptions({
    queryKey: [...stripeImportKeys.all(api), 'list', cursor],
    queryFn: ({ signal }) => loadImports(api, { cursor, limit: 25, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.data.some((one) => one.state === 'running') ? running_ms : false,
  });
}

export function loadImports(api: EnvironmentApi, { cursor, limit, signal }: Load) {
  const query = { limit, ...(cursor ? { cursor } : {}) };
  return unwrap(
    api.client.GET('/api/v1/stripe-imports', { params: { query }, ...(signal ? { signal } : {}) }),
  );
}

export function importQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...stripeImportKeys.all(api), 'one', id],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/stripe-imports/{id}', { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? running_ms : false),
  });
}

export type ItemFilters = {
  kind: StripeImportItem['kind'] | undefined;
  outcome: StripeImportItem['outcome'] | undefined;
};

/** One page of what became of each object. `noted` is how many there are so far: another number, another read. */
export function itemsQuery(
  api: EnvironmentApi,
  id: string,
  { noted, cursor, ...filters }: ItemFilters & { noted: number; cursor: string | undefined },
) {
  return queryOptions({
    queryKey: [...stripeImportKeys.all(api), 'items', id, filters, cursor, noted],
    queryFn: ({ signal }) => loadItems(api, id, { ...filters, cursor, limit: 25, signal }),
    placeholderData: keepPreviousData,
  });
}

export function loadItems(
  api: EnvironmentApi,
  id: string,
  { kind, outcome, cursor, limit, signal }: ItemFilters & Load,
) {
  const query = {
    limit,
    ...(kind ? { kind } : {}),
    ...(outcome ? { outcome } : {}),
    ...(cursor ? { cursor } : {}),
  };
  return unwrap(
    api.client.GET('/api/v1/stripe-imports/{id}/items', {
      params: { path: { id }, query },
      ...(signal ? { signal } : {}),
    }),
  );
}
