'use client';

import { Button } from '@billingos/ui/components/button';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { Plus, Tags } from 'lucide-react';
import Link from 'next/link';
import { QueryStates } from '../../api/query-states.tsx';
import type { Plan } from '../../api/types.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { subscriptionSummaryQuery } from '../subscriptions/queries.ts';
import { DefaultPlan } from './default-plan.tsx';
import { PlanCard } from './plan-card.tsx';
import { plansQuery } from './queries.ts';

export function Plans() {
  const { api, href, can } = useEnvironment();
  const plans = useQuery(plansQuery(api));
  const summary = useQuery(subscriptionSummaryQuery(api));
  const running = new Map(summary.data?.by_plan.map(({ plan, running }) => [plan.id, running]));
  const create = can('catalog:write') ? (
    <Button variant="primary" asChild>
      <Link href={href('plans/new')}>
        <Plus aria-hidden />
        New plan
      </Link>
    </Button>
  ) : null;
  return (
    <>
      <PageHeader
        title="Plans"
        description="What you sell. A plan that is sold never changes under its subscribers."
        actions={create}
      />
      <QueryStates query={plans} loading={<Loading />}>
        {({ data }) =>
          data.length === 0 ? (
            <div className="rounded-lg border bg-surface shadow-sm">
              <EmptyState icon={Tags} title="No plans yet" action={create}>
                A plan is a price and the features it unlocks. Start with the one most people should buy.
              </EmptyState>
            </div>
          ) : (
            <>
              <div className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
                {byRank(data).map((plan) => {
                  const count = running.get(plan.id) ?? 0;
                  return (
                    <PlanCard
                      key={plan.id}
                      plan={plan}
                      href={href(`plans/${plan.id}`)}
                      footer={
                        summary.data ? (
                          <span className="whitespace-nowrap">
                            {formatNumber(count)} {count === 1 ? 'subscriber' : 'subscribers'}
                          </span>
                        ) : null
                      }
                    />
                  );
                })}
              </div>
              <DefaultPlan plans={byRank(data)} />
            </>
          )
        }
      </QueryStates>
    </>
  );
}

/** Cheapest first, as a pricing page reads. */
function byRank(plans: readonly Plan[]): Plan[] {
  const amount = ({ prices }: Plan) => prices.find((price) => price.amount)?.amount?.amount ?? 0;
  return plans.toSorted((a, b) => a.rank - b.rank || amount(a) - amount(b));
}

function Loading() {
  return (
    <div role="status" aria-label="Loading plans" className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
      <Skeleton className="h-64" />
      <Skeleton className="h-64" />
      <Skeleton className="h-64" />
    </div>
  );
}
