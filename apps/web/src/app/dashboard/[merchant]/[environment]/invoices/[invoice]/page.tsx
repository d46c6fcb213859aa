import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { InvoiceDetail } from '#features/invoices/invoice-detail.tsx';
import { invoiceQuery } from '#features/invoices/queries.ts';
import { openEnvironment } from '#features/merchants/me.ts';

export const metadata: Metadata = { title: 'Invoice' };

type InvoicePageProps = { params: Promise<{ merchant: string; environment: string; invoice: string }> };

export default async function InvoicePage({ params }: InvoicePageProps) {
  const { api } = await openEnvironment(params);
  const id = decodeURIComponent((await params).invoice);
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(invoiceQuery(api, id))]}>
      <InvoiceDetail id={id} />
    </Prefetched>
  );
}
