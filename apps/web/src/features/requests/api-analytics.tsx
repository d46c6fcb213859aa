'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { Select } from '@billingos/ui/components/select';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { StatCard } from '@billingos/ui/components/stat-card';
import { useQuery } from '@tanstack/react-query';
import { ChartColumn, X } from 'lucide-react';
import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { QueryStates } from '../../api/query-states.tsx';
import type { RequestsSummary } from '../../api/types.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { CallsChart, LatencyChart } from './charts.tsx';
import { groups } from './groups.ts';
import { requestsSummaryQuery } from './queries.ts';
import { ranges, withoutGaps } from './range.ts';
import { TopRequests } from './top-requests.tsx';
import { formatMs, formatShare } from './words.ts';

const rangeOptions = [
  { value: 'day', label: 'Last 24 hours' },
  { value: 'week', label: 'Last 7 days' },
  { value: 'month', label: 'Last 30 days' },
];

/** How the merchant's own API is called, and how well it answers. */
export function ApiAnalytics() {
  const { api } = useEnvironment();
  const [range, setRange] = useQueryState('range', parseAsStringLiteral(ranges).withDefault('day'));
  const [group] = useQueryState('by', parseAsStringLiteral(groups).withDefault('endpoint'));
  const [customer, setCustomer] = useQueryState('customer', parseAsString);
  const summary = useQuery(
    requestsSummaryQuery(api, { range, group_by: group, customer: customer ?? undefined }),
  );
  return (
    <>
      <PageHeader
        title="API analytics"
        description="Calls to your own API, as your servers log them with track. Times in UTC."
        actions={
          <>
            {customer ? (
              <Badge tone="accent" className="h-7">
                One customer
                <Button
                  variant="link"
                  size="inline"
                  aria-label="Show all customers"
                  onClick={() => void setCustomer(null)}
                >
                  <X aria-hidden />
                </Button>
              </Badge>
            ) : null}
            <Select
              aria-label="Time"
              className="w-40"
              value={range}
              options={rangeOptions}
              onValueChange={(value) => void setRange(ranges.find((known) => known === value) ?? null)}
            />
          </>
        }
      />
      <QueryStates query={summary} loading={<TableSkeleton label="Loading the calls" />}>
        {(data) =>
          data.totals.calls === 0 ? (
            <Card>
              <EmptyState icon={ChartColumn} title="No calls in this time">
                Your servers log each call with <code className="font-mono">POST /api/v1/track</code>, one by
                one or a thousand at once. They show up within seconds.
              </EmptyState>
            </Card>
          ) : (
            <Overview summary={data} />
          )
        }
      </QueryStates>
    </>
  );
}

function Overview({ summary }: { summary: RequestsSummary }) {
  const { totals, interval } = summary;
  const points = withoutGaps(summary);
  return (
    <div className="grid gap-4">
      <ul className="grid grid-cols-2 gap-3 sm:gap-4 xl:grid-cols-4">
        <li>
          <StatCard
            label="Calls"
            value={formatNumber(totals.calls)}
            detail={`${formatNumber(totals.errors_4xx + totals.errors_5xx)} answered with an error`}
          />
        </li>
        <li>
          <StatCard
            label="Refused (4xx)"
            value={formatShare(totals.rate_4xx)}
            detail={`${formatNumber(totals.errors_4xx)} calls`}
          />
        </li>
        <li>
          <StatCard
            label="Failed (5xx)"
            value={formatShare(totals.rate_5xx)}
            detail={`${formatNumber(totals.errors_5xx)} calls`}
          />
        </li>
        <li>
          <StatCard
            label="Response time, p95"
            value={formatMs(totals.p95_ms)}
            detail={`p50 ${formatMs(totals.p50_ms)}, p99 ${formatMs(totals.p99_ms)}, mean ${formatMs(totals.mean_ms)}`}
          />
        </li>
      </ul>
      <div className="grid gap-4 lg:grid-cols-2">
        <Card>
          <CardHeader
            title="Calls"
            description={`${interval === 'hour' ? 'An hour' : 'A day'}, by how they ended.`}
          />
          <CardBody>
            <CallsChart points={points} interval={interval} />
          </CardBody>
        </Card>
        <Card>
          <CardHeader
            title="Response time"
            description="Half of the calls (p50) and nearly all (p95) were faster."
          />
          <CardBody>
            <LatencyChart points={points} interval={interval} />
          </CardBody>
        </Card>
      </div>
      <TopRequests top={summary.top} />
    </div>
  );
}
