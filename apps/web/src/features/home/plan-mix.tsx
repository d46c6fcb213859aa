'use client';

import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { QueryStates } from '../../api/query-states.tsx';
import { formatNumber } from '../../formatting/numbers.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { subscriptionSummaryQuery } from '../subscriptions/queries.ts';

/** How the running subscriptions spread over the plans. */
export function PlanMix() {
  const { api } = useEnvironment();
  const summary = useQuery(subscriptionSummaryQuery(api));
  return (
    <Card>
      <CardHeader title="Plans" description="Running subscriptions." />
      <CardBody>
        <QueryStates query={summary} loading={<Skeleton className="h-32" />}>
          {({ by_plan, running }) =>
            by_plan.length === 0 ? (
              <p className="text-sm text-muted">Nobody is subscribed yet.</p>
            ) : (
              <ul className="grid gap-3">
                {by_plan.map(({ plan, running: count }) => (
                  <li key={plan.id} className="grid gap-1.5 text-sm">
                    <div className="flex justify-between gap-3">
                      <span className="truncate">{plan.name}</span>
                      <span className="text-muted tabular-nums">{formatNumber(count)}</span>
                    </div>
                    <div aria-hidden className="h-1.5 overflow-hidden rounded-full bg-hover">
                      <div
                        className="h-full rounded-full bg-accent"
                        style={{ width: `${running > 0 ? (count / running) * 100 : 0}%` }}
                      />
                    </div>
                  </li>
                ))}
              </ul>
            )
          }
        </QueryStates>
      </CardBody>
    </Card>
  );
}
