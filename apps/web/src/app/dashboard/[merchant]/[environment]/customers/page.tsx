import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { Customers } from '#features/customers/customers.tsx';
import { customersQuery } from '#features/customers/queries.ts';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { cursorOf, textOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'Customers' };

type CustomersPageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function CustomersPage({ params, searchParams }: CustomersPageProps) {
  const { api } = await openEnvironment(params);
  const { search, pages } = await searchParams;
  const filters = { search: textOf(search), cursor: cursorOf(pages) };
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(customersQuery(api, filters))]}>
      <Customers />
    </Prefetched>
  );
}
