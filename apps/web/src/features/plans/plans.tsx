'use client';

import { Button } from '@billingos/ui/components/button';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@billingos/ui/components/tabs';
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { Archive, Plus, Puzzle, Tags } from 'lucide-react';
import Link from 'next/link';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import type { ReactNode } from 'react';
import { QueryStates } from '../../api/query-states.tsx';
import type { Plan } from '../../api/types.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { subscriptionSummaryQuery } from '../subscriptions/queries.ts';
import { DefaultPlan } from './default-plan.tsx';
import { PlanCard } from './plan-card.tsx';
import { addOnListQuery, archivedPlansQuery, plansQuery } from './queries.ts';

const shows = ['plans', 'add-ons', 'archived'] as const;

export function Plans() {
  const { api, href, can } = useEnvironment();
  const [show, setShow] = useQueryState('show', parseAsStringLiteral(shows).withDefault('plans'));
  const plans = useQuery(plansQuery(api));
  const addOns = useQuery({ ...addOnListQuery(api), enabled: show === 'add-ons' });
  const archived = useQuery({ ...archivedPlansQuery(api), enabled: show === 'archived' });
  const create = !can('catalog:write') ? null : show === 'add-ons' ? (
    <NewButton href={href('plans/new-add-on')}>New add-on</NewButton>
  ) : (
    <NewButton href={href('plans/new')}>New plan</NewButton>
  );
  return (
    <>
      <PageHeader
        title="Plans"
        description="What you sell. A plan that is sold never changes under its subscribers."
        actions={create}
      />
      <Tabs
        value={show}
        onValueChange={(value) => void setShow(shows.find((known) => known === value) ?? 'plans')}
      >
        <TabsList aria-label="What is shown" className="mb-4">
          <TabsTrigger value="plans">Base plans</TabsTrigger>
          <TabsTrigger value="add-ons">Add-ons</TabsTrigger>
          <TabsTrigger value="archived">Archived</TabsTrigger>
        </TabsList>
        <TabsContent value="plans">
          <PlanCards
            plans={plans}
            empty={
              <EmptyState icon={Tags} title="No plans yet" action={create}>
                A plan is a price and the features it unlocks. Start with the one most people should buy.
              </EmptyState>
            }
          />
          {plans.data && plans.data.data.length > 0 ? <DefaultPlan plans={byRank(plans.data.data)} /> : null}
        </TabsContent>
        <TabsContent value="add-ons">
          <PlanCards
            plans={addOns}
            empty={
              <EmptyState icon={Puzzle} title="No add-ons yet" action={create}>
                An add-on is sold on top of a plan, on the same invoice: more seats, more calls, a phone line.
              </EmptyState>
            }
          />
        </TabsContent>
        <TabsContent value="archived">
          <PlanCards
            plans={archived}
            empty={
              <EmptyState icon={Archive} title="Nothing is archived">
                Archive a plan on its page to sell it no more. Who is subscribed keeps it.
              </EmptyState>
            }
          />
        </TabsContent>
      </Tabs>
    </>
  );
}

function NewButton({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Button variant="primary" asChild>
      <Link href={href}>
        <Plus aria-hidden />
        {children}
      </Link>
    </Button>
  );
}

type PlanCardsProps = { plans: UseQueryResult<{ data: Plan[] }> | UseQueryResult<Plan[]>; empty: ReactNode };

function PlanCards({ plans, empty }: PlanCardsProps) {
  const { api, href } = useEnvironment();
  const summary = useQuery(subscriptionSummaryQuery(api));
  const running = new Map(summary.data?.by_plan.map(({ plan, running }) => [plan.id, running]));
  const query: UseQueryResult<{ data: Plan[] } | Plan[]> = plans;
  return (
    <QueryStates query={query} loading={<Loading />}>
      {(answer) => {
        const shown = Array.isArray(answer) ? answer : answer.data;
        if (shown.length === 0) return <div className="rounded-lg border bg-surface shadow-sm">{empty}</div>;
        return (
          <div className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
            {byRank(shown).map((plan) => {
              const count = running.get(plan.id) ?? 0;
              return (
                <PlanCard
                  key={plan.id}
                  plan={plan}
                  href={href(`plans/${plan.id}`)}
                  footer={
                    summary.data && plan.type === 'base' ? (
                      <span className="whitespace-nowrap">
                        {formatNumber(count)} {count === 1 ? 'subscriber' : 'subscribers'}
                      </span>
                    ) : null
                  }
                />
              );
            })}
          </div>
        );
      }}
    </QueryStates>
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
