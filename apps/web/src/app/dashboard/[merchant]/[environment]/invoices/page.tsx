import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { Invoices } from '#features/invoices/invoices.tsx';
import { invoicesQuery } from '#features/invoices/queries.ts';
import { invoiceStatuses } from '#features/invoices/statuses.ts';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { cursorOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'Invoices' };

type InvoicesPageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function InvoicesPage({ params, searchParams }: InvoicesPageProps) {
  const { api } = await openEnvironment(params);
  const { status, pages } = await searchParams;
  const filters = { status: invoiceStatuses.find((known) => known === status), cursor: cursorOf(pages) };
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(invoicesQuery(api, filters))]}>
      <Invoices />
    </Prefetched>
  );
}
