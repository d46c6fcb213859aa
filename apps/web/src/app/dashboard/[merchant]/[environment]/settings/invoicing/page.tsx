import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { InvoiceSettings } from '#features/settings/invoice-settings.tsx';
import { invoiceSettingsQuery } from '#features/settings/queries.ts';

export const metadata: Metadata = { title: 'Invoicing' };

export default async function InvoicingPage({ params }: { params: EnvironmentParams }) {
  const { api } = await openEnvironment(params);
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(invoiceSettingsQuery(api))]}>
      <InvoiceSettings />
    </Prefetched>
  );
}
