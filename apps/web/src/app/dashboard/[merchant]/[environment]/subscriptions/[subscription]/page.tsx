import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment } from '#features/merchants/me.ts';
import { addOnListQuery, plansQuery } from '#features/plans/queries.ts';
import { subscriptionQuery } from '#features/subscriptions/queries.ts';
import { SubscriptionDetail } from '#features/subscriptions/subscription-detail.tsx';

export const metadata: Metadata = { title: 'Subscription' };

type SubscriptionPageProps = {
  params: Promise<{ merchant: string; environment: string; subscription: string }>;
};

export default async function SubscriptionPage({ params }: SubscriptionPageProps) {
  const { api } = await openEnvironment(params);
  const id = decodeURIComponent((await params).subscription);
  return (
    <Prefetched
      load={(queries) => [
        queries.prefetchQuery(subscriptionQuery(api, id)),
        // What the dialog of a change begins with.
        queries.prefetchQuery(plansQuery(api)),
        queries.prefetchQuery(addOnListQuery(api)),
      ]}
    >
      <SubscriptionDetail id={id} />
    </Prefetched>
  );
}
