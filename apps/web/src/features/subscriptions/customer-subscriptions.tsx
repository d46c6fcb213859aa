'use client';

import { Card, CardHeader } from '@billingos/ui/components/card';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { QueryStates } from '../../api/query-states.tsx';
import type { Customer } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { subscriptionsOfQuery } from './queries.ts';
import { SubscriptionItem } from './subscription-item.tsx';

/** Everything one customer is or was subscribed to. */
export function CustomerSubscriptions({ customer }: { customer: Customer }) {
  const { api } = useEnvironment();
  const subscriptions = useQuery({
    ...subscriptionsOfQuery(api, [customer.id]),
    // Payment happens on Stripe's page in another tab, so what this card shows changes without us.
    refetchInterval: 5_000,
  });
  return (
    <Card>
      <CardHeader title="Subscriptions" />
      <QueryStates query={subscriptions} loading={<TableSkeleton rows={1} label="Loading subscriptions" />}>
        {(data) =>
          data.length === 0 ? (
            <p className="px-4 pb-4 text-sm text-muted">
              Not subscribed. Send a checkout link, or subscribe the customer yourself.
            </p>
          ) : (
            <ul className="divide-y divide-line border-t">
              {data.map((subscription) => (
                <SubscriptionItem key={subscription.id} subscription={subscription} />
              ))}
            </ul>
          )
        }
      </QueryStates>
    </Card>
  );
}
