import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';

export type CouponFilters = { archived: boolean; cursor: string | undefined };

export const couponKeys = { all: (api: EnvironmentApi) => [api.environment_id, 'coupons'] as const };

/** One page of coupons, newest first. */
export function couponsQuery(api: EnvironmentApi, filters: CouponFilters) {
  return queryOptions({
    queryKey: [...couponKeys.all(api), 'list', filters],
    queryFn: ({ signal }) => loadCoupons(api, { ...filters, limit: 25, signal }),
    placeholderData: keepPreviousData,
  });
}

type Load = CouponFilters & { limit: number; signal?: AbortSignal };

export function loadCoupons(api: EnvironmentApi, { archived, cursor, limit, signal }: Load) {
  const query = {
    limit,
    archived: archived ? ('include' as const) : ('exclude' as const),
    ...(cursor ? { cursor } : {}),
  };
  return unwrap(api.client.GET('/api/v1/coupons', { params: { query }, ...(signal ? { signal } : {}) }));
}
