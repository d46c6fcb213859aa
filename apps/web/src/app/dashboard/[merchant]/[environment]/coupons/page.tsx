import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { Coupons } from '#features/coupons/coupons.tsx';
import { couponsQuery } from '#features/coupons/queries.ts';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { cursorOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'Coupons' };

type CouponsPageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function CouponsPage({ params, searchParams }: CouponsPageProps) {
  const { api } = await openEnvironment(params);
  const { show, pages } = await searchParams;
  const filters = { archived: show === 'all', cursor: cursorOf(pages) };
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(couponsQuery(api, filters))]}>
      <Coupons />
    </Prefetched>
  );
}
