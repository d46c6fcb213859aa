import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { importsQuery } from '#features/stripe-import/queries.ts';
import { StripeImports } from '#features/stripe-import/stripe-imports.tsx';
import { cursorOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'Import from Stripe' };

type StripeImportsPageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function StripeImportsPage({ params, searchParams }: StripeImportsPageProps) {
  const { api } = await openEnvironment(params);
  const cursor = cursorOf((await searchParams).pages);
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(importsQuery(api, cursor))]}>
      <StripeImports />
    </Prefetched>
  );
}
