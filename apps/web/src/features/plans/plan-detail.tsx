'use client';

import { Badge } from '@billingos/ui/components/badge';
import { PageHeader } from '@billingos/ui/components/page-header';
import { PageSkeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../../api/errors.ts';
import { QueryStates } from '../../api/query-states.tsx';
import { Missing } from '../../listing/missing.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { PlanActions } from './plan-actions.tsx';
import { PlanCard } from './plan-card.tsx';
import { PlanDraftCard } from './plan-draft-card.tsx';
import { PlanMigrations } from './plan-migrations.tsx';
import { PlanPrices } from './plan-prices.tsx';
import { PlanSubscribers } from './plan-subscribers.tsx';
import { PlanVersions } from './plan-versions.tsx';
import { planQuery } from './queries.ts';

export function PlanDetail({ id }: { id: string }) {
  const { api, can, href } = useEnvironment();
  const plan = useQuery(planQuery(api, id));
  if (plan.error instanceof ApiError && plan.error.status === 404) {
    return <Missing what="plan" list={{ href: href('plans'), label: 'All plans' }} />;
  }
  return (
    <QueryStates query={plan} loading={<PageSkeleton label="Loading the plan" />}>
      {(data) => (
        <>
          <PageHeader
            title={data.name}
            description={
              <span className="flex flex-wrap items-center gap-2">
                {data.archived_at ? <Badge>Archived</Badge> : <Badge tone="success">On sale</Badge>}
                {data.type === 'add_on' ? 'Add-on' : 'Plan'}, version {data.version.number}
                {data.version.trial ? `, ${data.version.trial.days} days of trial` : null}
              </span>
            }
            actions={can('catalog:write') ? <PlanActions plan={data} /> : null}
          />
          <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_18rem]">
            <div className="grid min-w-0 content-start gap-4">
              <PlanDraftCard plan={data} />
              <PlanPrices plan={data} />
              {data.type === 'base' ? (
                <>
                  <PlanSubscribers plan={data} />
                  <PlanMigrations plan={data} />
                </>
              ) : null}
              <PlanVersions plan={data} />
            </div>
            <aside aria-label="As its buyer reads it" className="h-fit lg:sticky lg:top-25">
              <PlanCard plan={data} />
            </aside>
          </div>
        </>
      )}
    </QueryStates>
  );
}
