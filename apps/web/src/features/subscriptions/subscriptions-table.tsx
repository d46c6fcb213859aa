'use client';

import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import Link from 'next/link';
import type { Subscription } from '../../api/types.ts';
import { Day } from '../../formatting/time.tsx';
import { customerName } from '../customers/customer-name.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { subscriptionPrice } from './subscription-price.ts';
import { SubscriptionStatusBadge } from './subscription-status.tsx';

export function SubscriptionsTable({ subscriptions }: { subscriptions: readonly Subscription[] }) {
  const { href } = useEnvironment();
  return (
    <Table label="Subscriptions">
      <TableHead>
        <tr>
          <HeaderCell>Customer</HeaderCell>
          <HeaderCell>Plan</HeaderCell>
          <HeaderCell>Status</HeaderCell>
          <HeaderCell className="text-right">Price</HeaderCell>
          <HeaderCell>Ends or renews</HeaderCell>
          <HeaderCell>Started</HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {subscriptions.map((subscription) => {
          const turn = subscription.ended_at ?? subscription.cancel_at ?? subscription.current_period_end;
          return (
            <TableRow key={subscription.id}>
              <Cell>
                <Link
                  href={href(`customers/${subscription.customer.id}`)}
                  className="rounded-sm font-medium hover:underline"
                >
                  {customerName(subscription.customer)}
                </Link>
              </Cell>
              <Cell>
                <Link
                  href={href(`subscriptions/${subscription.id}`)}
                  className="rounded-sm font-medium hover:underline"
                >
                  {subscription.plan.name}
                </Link>
              </Cell>
              <Cell>
                <SubscriptionStatusBadge subscription={subscription} />
              </Cell>
              <Cell numeric>{subscriptionPrice(subscription)}</Cell>
              <Cell className="text-muted">{turn ? <Day iso={turn} /> : '–'}</Cell>
              <Cell className="text-muted">
                <Day iso={subscription.created_at} />
              </Cell>
            </TableRow>
          );
        })}
      </TableBody>
    </Table>
  );
}
