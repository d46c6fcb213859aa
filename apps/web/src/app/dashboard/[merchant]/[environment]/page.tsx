import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { customerSummaryQuery } from '#features/customers/queries.ts';
import { Home } from '#features/home/home.tsx';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { onboardingQuery } from '#features/onboarding/queries.ts';
import { stripeAccountQuery } from '#features/stripe-account/queries.ts';
import { subscriptionSummaryQuery } from '#features/subscriptions/queries.ts';
import { usageSummaryQuery } from '#features/usage/queries.ts';

export const metadata: Metadata = { title: 'Home' };

export default async function HomePage({ params }: { params: EnvironmentParams }) {
  const { api } = await openEnvironment(params);
  return (
    <Prefetched
      load={(queries) => [
        queries.prefetchQuery(onboardingQuery(api)),
        queries.prefetchQuery(subscriptionSummaryQuery(api)),
        queries.prefetchQuery(customerSummaryQuery(api)),
        queries.prefetchQuery(usageSummaryQuery(api)),
        queries.prefetchQuery(stripeAccountQuery(api)),
      ]}
    >
      <Home />
    </Prefetched>
  );
}
