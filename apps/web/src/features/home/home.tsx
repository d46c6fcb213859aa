'use client';

import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { PageHeader } from '@billingos/ui/components/page-header';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { QueryStates } from '../../api/query-states.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { OnboardingChecklist } from '../onboarding/onboarding-checklist.tsx';
import { usageSummaryQuery } from '../usage/queries.ts';
import { UsageChart } from '../usage/usage-chart.tsx';
import { NeedsAttention } from './needs-attention.tsx';
import { PlanMix } from './plan-mix.tsx';
import { Stats } from './stats.tsx';

export function Home() {
  const { api, merchant } = useEnvironment();
  const usage = useQuery(usageSummaryQuery(api));
  return (
    <>
      <PageHeader title={merchant.name} />
      <div className="grid gap-4">
        <NeedsAttention />
        <OnboardingChecklist />
        <Stats />
        <div className="grid gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
          <Card className="flex flex-col">
            <CardHeader title="Usage events" description="A day, the last 30 days, UTC." />
            <CardBody className="flex-1">
              <QueryStates query={usage} loading={<Skeleton className="h-48" />}>
                {(data) => <UsageChart summary={data} />}
              </QueryStates>
            </CardBody>
          </Card>
          <PlanMix />
        </div>
      </div>
    </>
  );
}
