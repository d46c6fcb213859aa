import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { stripeAccountQuery } from '#features/stripe-account/queries.ts';
import { StripeConnection } from '#features/stripe-account/stripe-connection.tsx';

export const metadata: Metadata = { title: 'Stripe' };

export default async function StripePage({ params }: { params: EnvironmentParams }) {
  const { api } = await openEnvironment(params);
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(stripeAccountQuery(api))]}>
      <StripeConnection />
    </Prefetched>
  );
}
