'use client';

import { Skeleton } from '@billingos/ui/components/skeleton';
import { StatCard } from '@billingos/ui/components/stat-card';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { QueryStates } from '../../api/query-states.tsx';
import type { Money } from '../../api/types.ts';
import { formatMoney } from '../../formatting/money.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { customerSummaryQuery } from '../customers/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { subscriptionSummaryQuery } from '../subscriptions/queries.ts';
import { usageSummaryQuery } from '../usage/queries.ts';

/** The numbers of the environment; each opens the rows it is made of. */
export function Stats() {
  const { api } = useEnvironment();
  const subscriptions = useQuery(subscriptionSummaryQuery(api));
  const customers = useQuery(customerSummaryQuery(api));
  const usage = useQuery(usageSummaryQuery(api));
  return (
    <ul className="grid grid-cols-2 gap-3 sm:gap-4 xl:grid-cols-4">
      <QueryStates query={subscriptions} loading={<Placeholders count={2} />}>
        {({ running, canceling, monthly_recurring }) => (
          <>
            <Stat path="subscriptions?status=running">
              <StatCard
                label="Monthly recurring"
                value={recurring(monthly_recurring.slice(0, 1))}
                detail={
                  monthly_recurring.length > 1
                    ? `and ${recurring(monthly_recurring.slice(1))}, before usage and tax`
                    : 'Before usage and tax'
                }
              />
            </Stat>
            <Stat path="subscriptions?status=running">
              <StatCard
                label="Running subscriptions"
                value={formatNumber(running)}
                detail={canceling > 0 ? `${formatNumber(canceling)} will end` : 'None will end'}
              />
            </Stat>
          </>
        )}
      </QueryStates>
      <QueryStates query={customers} loading={<Placeholders count={1} />}>
        {({ total, new_last_30_days }) => (
          <Stat path="customers">
            <StatCard
              label="Customers"
              value={formatNumber(total)}
              detail={`${formatNumber(new_last_30_days)} new in 30 days`}
            />
          </Stat>
        )}
      </QueryStates>
      <QueryStates query={usage} loading={<Placeholders count={1} />}>
        {({ events_total }) => (
          <Stat path="usage">
            <StatCard label="Usage events" value={formatNumber(events_total)} detail="The last 30 days" />
          </Stat>
        )}
      </QueryStates>
    </ul>
  );
}

function Stat({ path, children }: { path: string; children: ReactNode }) {
  const { href } = useEnvironment();
  return (
    <li>
      <Link href={href(path)} className="block h-full rounded-lg">
        {children}
      </Link>
    </li>
  );
}

function Placeholders({ count }: { count: number }) {
  return Array.from({ length: count }, (_, index) => (
    <li key={index}>
      <Skeleton className="h-24.5 rounded-lg" />
    </li>
  ));
}

/** Currencies are never added up: "$1,204 + €310". */
function recurring(amounts: readonly Money[]): string {
  return amounts.length === 0 ? '–' : amounts.map(formatMoney).join(' + ');
}
