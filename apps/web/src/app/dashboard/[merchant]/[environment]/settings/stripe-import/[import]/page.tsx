import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment } from '#features/merchants/me.ts';
import { ImportReport } from '#features/stripe-import/import-report.tsx';
import { importQuery } from '#features/stripe-import/queries.ts';

export const metadata: Metadata = { title: 'Import from Stripe' };

type ImportPageProps = { params: Promise<{ merchant: string; environment: string; import: string }> };

export default async function ImportPage({ params }: ImportPageProps) {
  const { api } = await openEnvironment(params);
  const id = decodeURIComponent((await params).import);
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(importQuery(api, id))]}>
      <ImportReport id={id} />
    </Prefetched>
  );
}
