'use client';

import { Skeleton } from '@billingos/ui/components/skeleton';
import { StatCard } from '@billingos/ui/components/stat-card';
import { useQuery } from '@tanstack/react-query';
import { QueryStates } from '../../api/query-states.tsx';
import { formatMoney } from '../../formatting/money.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { recoverySummaryQuery } from './queries.ts';

/** What was won back of what failed. Currencies are never added up: each has its own row. */
export function RecoverySummary() {
  const { api } = useEnvironment();
  const summary = useQuery(recoverySummaryQuery(api));
  return (
    <QueryStates query={summary} loading={<Skeleton className="mb-4 h-24.5 rounded-lg" />}>
      {({ days, by_currency }) =>
        by_currency.map((one) => (
          <ul key={one.currency} className="mb-4 grid grid-cols-2 gap-3 sm:gap-4 xl:grid-cols-4">
            <li>
              <StatCard
                label="Recovered revenue"
                value={formatMoney(one.recovered)}
                detail={`${one.recovered_count} in ${days} days`}
              />
            </li>
            <li>
              <StatCard
                label="Recovery rate"
                value={one.rate === null ? '–' : `${Math.round(one.rate * 100)} %`}
                detail={one.rate === null ? 'None has ended yet' : 'Of all that ended, by count'}
              />
            </li>
            <li>
              <StatCard
                label="Being recovered"
                value={formatMoney(one.open)}
                detail={`${one.recovering} ${one.recovering === 1 ? 'payment' : 'payments'}`}
              />
            </li>
            <li>
              <StatCard
                label="Lost"
                value={formatMoney(one.lost)}
                detail={`${one.lost_count} in ${days} days`}
              />
            </li>
          </ul>
        ))
      }
    </QueryStates>
  );
}
