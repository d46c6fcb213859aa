'use client';

import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { Meter } from '@billingos/ui/components/meter';
import { Notice } from '@billingos/ui/components/notice';
import { PageHeader } from '@billingos/ui/components/page-header';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { InfinityIcon } from 'lucide-react';
import { QueryStates } from '../../api/query-states.tsx';
import { formatNumber } from '../../formatting/numbers.ts';
import { Day } from '../../formatting/time.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { PlanCard } from './plan-card.tsx';
import { merchantPlanQuery } from './queries.ts';

/** The merchant's own plan of BillingOS: what is used of it, and what else there is. */
export function MerchantPlan() {
  const { api, can } = useEnvironment();
  const query = useQuery(merchantPlanQuery(api));
  return (
    <>
      <PageHeader
        title="Your plan"
        description="What you have of BillingOS itself, for all environments together."
      />
      <QueryStates query={query} loading={<Skeleton className="h-64" />}>
        {({ plan, ends_at: endsAt, tracked_calls: calls, plans }) =>
          calls === null ? (
            <Card>
              <EmptyState icon={InfinityIcon} title="No limits">
                This instance of BillingOS is your own. Nothing is counted, and nothing is charged.
              </EmptyState>
            </Card>
          ) : (
            <div className="grid gap-4">
              {endsAt === null ? null : (
                <Notice tone="warning">
                  {plan?.name} ends on <Day iso={endsAt} />. Choose it again to keep it.
                </Notice>
              )}
              <Card>
                <CardHeader
                  title="Tracked calls"
                  description="Calls logged with POST /api/v1/track this month."
                />
                <CardBody className="grid gap-2">
                  <p className="text-sm tabular-nums">
                    <span className="text-xl font-semibold">{formatNumber(calls.used)}</span>{' '}
                    <span className="text-muted">
                      {calls.limit === null ? 'used' : `of ${formatNumber(calls.limit)} used`}
                    </span>
                  </p>
                  {calls.limit === null ? null : (
                    <Meter
                      label="Tracked calls"
                      used={calls.used}
                      limit={calls.limit}
                      valueText={`${formatNumber(calls.used)} of ${formatNumber(calls.limit)}`}
                    />
                  )}
                  {calls.resets_at === null ? null : (
                    <p className="text-sm text-muted">
                      Counted anew on <Day iso={calls.resets_at} />.
                    </p>
                  )}
                </CardBody>
              </Card>
              {can('merchant_plan:write') ? null : (
                <p className="text-sm text-muted">The owner can change the plan.</p>
              )}
              <ul className="grid gap-4 lg:grid-cols-3">
                {plans.map((one) => (
                  <PlanCard
                    key={one.key}
                    plan={one}
                    isCurrent={one.key === plan?.key}
                    isEnding={endsAt !== null}
                  />
                ))}
              </ul>
            </div>
          )
        }
      </QueryStates>
    </>
  );
}
