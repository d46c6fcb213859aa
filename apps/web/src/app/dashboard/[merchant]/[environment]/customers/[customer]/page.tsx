import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { CustomerDetail } from '#features/customers/customer-detail.tsx';
import { customerQuery, entitlementsQuery } from '#features/customers/queries.ts';
import { openEnvironment } from '#features/merchants/me.ts';
import { addOnListQuery, plansQuery } from '#features/plans/queries.ts';
import { subscriptionsOfQuery } from '#features/subscriptions/queries.ts';

export const metadata: Metadata = { title: 'Customer' };

type CustomerPageProps = { params: Promise<{ merchant: string; environment: string; customer: string }> };

export default async function CustomerPage({ params }: CustomerPageProps) {
  const { api } = await openEnvironment(params);
  const id = decodeURIComponent((await params).customer);
  return (
    <Prefetched
      load={(queries) => [
        queries.prefetchQuery(customerQuery(api, id)),
        queries.prefetchQuery(entitlementsQuery(api, id)),
        queries.prefetchQuery(subscriptionsOfQuery(api, [id])),
        // What the dialogs of a sale begin with.
        queries.prefetchQuery(plansQuery(api)),
        queries.prefetchQuery(addOnListQuery(api)),
      ]}
    >
      <CustomerDetail id={id} />
    </Prefetched>
  );
}
