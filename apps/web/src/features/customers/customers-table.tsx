'use client';

import { Skeleton } from '@billingos/ui/components/skeleton';
import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import type { Customer, Subscription } from '../../api/types.ts';
import { Day } from '../../formatting/time.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { subscriptionsOfQuery } from '../subscriptions/queries.ts';
import { isOver, SubscriptionStatusBadge } from '../subscriptions/subscription-status.tsx';
import { customerName } from './customer-name.ts';

export function CustomersTable({ customers }: { customers: readonly Customer[] }) {
  const { api, href } = useEnvironment();
  const subscriptions = useQuery(
    subscriptionsOfQuery(
      api,
      customers.map(({ id }) => id),
    ),
  );
  return (
    <Table label="Customers">
      <TableHead>
        <tr>
          <HeaderCell>Customer</HeaderCell>
          <HeaderCell>External id</HeaderCell>
          <HeaderCell>Plan</HeaderCell>
          <HeaderCell>Status</HeaderCell>
          <HeaderCell>Created</HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {customers.map((customer) => {
          const subscription = present(subscriptions.data ?? [], customer.id);
          return (
            <TableRow key={customer.id}>
              <Cell>
                <Link href={href(`customers/${customer.id}`)} className="grid rounded-sm hover:underline">
                  <span className="font-medium">{customerName(customer)}</span>
                </Link>
                {customer.name && customer.email ? (
                  <span className="text-muted">{customer.email}</span>
                ) : null}
              </Cell>
              <Cell className="font-mono text-xs text-muted">{customer.external_id ?? '–'}</Cell>
              {subscriptions.isPending ? (
                <Cell colSpan={2}>
                  <Skeleton className="w-32" />
                </Cell>
              ) : (
                <>
                  <Cell>{subscription?.plan.name ?? <span className="text-muted">No plan</span>}</Cell>
                  <Cell>
                    {subscription ? <SubscriptionStatusBadge subscription={subscription} /> : <span>–</span>}
                  </Cell>
                </>
              )}
              <Cell className="text-muted">
                <Day iso={customer.created_at} />
              </Cell>
            </TableRow>
          );
        })}
      </TableBody>
    </Table>
  );
}

/** The subscription that counts now: a running one before one that has ended, the newest of several. */
function present(subscriptions: readonly Subscription[], customer: string): Subscription | undefined {
  const own = subscriptions.filter((one) => one.customer.id === customer);
  return own.find((one) => !isOver(one)) ?? own[0];
}
