import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { CreditPacks } from '#features/credit-packs/credit-packs.tsx';
import { creditPacksQuery } from '#features/credit-packs/queries.ts';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { cursorOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'Credit packs' };

type CreditPacksPageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function CreditPacksPage({ params, searchParams }: CreditPacksPageProps) {
  const { api } = await openEnvironment(params);
  const { show, pages } = await searchParams;
  const filters = { archived: show === 'all', cursor: cursorOf(pages) };
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(creditPacksQuery(api, filters))]}>
      <CreditPacks />
    </Prefetched>
  );
}
