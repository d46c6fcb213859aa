import type { Metadata } from 'next';
import { errorCatalog } from '#api/error-catalog.ts';
import { ErrorReference } from '#features/site/error-reference.tsx';

export const metadata: Metadata = {
  title: 'API errors',
  description: 'Every error code of the BillingOS API, what it means and what to do.',
};

export default async function ErrorsPage() {
  return <ErrorReference errors={await errorCatalog()} />;
}
