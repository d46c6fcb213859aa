'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Notice } from '@billingos/ui/components/notice';
import { PageHeader } from '@billingos/ui/components/page-header';
import { PageSkeleton } from '@billingos/ui/components/skeleton';
import { StatCard } from '@billingos/ui/components/stat-card';
import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../../api/errors.ts';
import { QueryStates } from '../../api/query-states.tsx';
import { formatMoment } from '../../formatting/dates.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { Missing } from '../../listing/missing.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { Discrepancies } from './discrepancies.tsx';
import { runQuery } from './queries.ts';
import { comparedBy, runStates, runTriggers } from './run-words.ts';

const running_ms = 3_000;
/** What the end of a run found is still to be read after it. */
const quiet_ms = 30_000;

/** One comparison with Stripe: how it went, and what it found. */
export function RunDetail({ id }: { id: string }) {
  const { api, href } = useEnvironment();
  const run = useQuery(runQuery(api, id));
  if (run.error instanceof ApiError && run.error.status === 404) {
    return <Missing what="run" list={{ href: href('reconciliation'), label: 'All runs' }} />;
  }
  return (
    <QueryStates query={run} loading={<PageSkeleton label="Loading the run" />}>
      {(data) => (
        <>
          <PageHeader
            title={`Run of ${formatMoment(data.started_at)}`}
            description={
              <span className="flex flex-wrap items-center gap-2">
                <Badge tone={runStates[data.state].tone}>{runStates[data.state].label}</Badge>
                {data.state === 'running'
                  ? `Comparing ${data.phase.replaceAll('_', ' ')}`
                  : runTriggers[data.trigger]}
              </span>
            }
          />
          <div className="grid gap-4">
            {data.error ? <Notice tone="danger">{data.error}</Notice> : null}
            <div className="grid gap-4 sm:grid-cols-3">
              <StatCard
                label="Compared"
                value={formatNumber(comparedBy(data))}
                detail={`${formatNumber(data.requests)} requests to Stripe`}
              />
              <StatCard label="Differed" value={formatNumber(data.found)} detail="from what Stripe says" />
              <StatCard label="Repaired" value={formatNumber(data.repaired)} detail="of what differed" />
            </div>
            <Discrepancies run={data.id} poll_ms={data.state === 'running' ? running_ms : quiet_ms} />
          </div>
        </>
      )}
    </QueryStates>
  );
}
