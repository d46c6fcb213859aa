'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { Card, CardBody } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { Select } from '@billingos/ui/components/select';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { Switch } from '@billingos/ui/components/switch';
import { textLink } from '@billingos/ui/text-link';
import { useQuery } from '@tanstack/react-query';
import { Gauge, X } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { QueryStates } from '../../api/query-states.tsx';
import type { Meter, UsageExploration } from '../../api/types.ts';
import { formatExact } from '../../formatting/numbers.ts';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { metersQuery } from '../features/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { ExplorationChart } from './exploration-chart.tsx';
import { type Explored, explorationQuery } from './exploration-query.ts';
import { ExplorationTable } from './exploration-table.tsx';
import { endOf, eventsPath, intervalsOf, linesOf, previousOf, ranges, seriesOf } from './exploration.ts';
import { useExplored } from './use-explored.ts';

const rangeWords = {
  day: 'Last 24 hours',
  week: 'Last 7 days',
  month: 'Last 30 days',
  quarter: 'Last 90 days',
  year: 'Last 12 months',
};
const intervalWords = { hour: 'By hour', day: 'By day', month: 'By month' };
/** What the value of a whole range is. */
const valueWords: Record<UsageExploration['aggregation'], string> = {
  count: 'events',
  sum: 'used',
  max: 'at its highest',
  unique: 'distinct values',
  latest: 'at last',
};
const together = '*';

const columns: readonly CsvColumn<ReturnType<typeof linesOf>[number]>[] = [
  { header: 'group', value: (row) => row.group },
  { header: 'start', value: (row) => row.start },
  { header: 'value', value: (row) => row.value },
];

/** What was used of a meter, when and by whom. */
export function UsageExplorer() {
  const { api, href } = useEnvironment();
  const meters = useQuery(metersQuery(api));
  return (
    <>
      <PageHeader
        title="Usage"
        description="What was used when, by whom and of what kind. Times in UTC."
        actions={
          <Link href={href('usage/periods')} className={textLink}>
            Totals by billing period
          </Link>
        }
      />
      <QueryStates query={meters} loading={<Loading />}>
        {({ data }) => {
          const [first] = data;
          return first === undefined ? (
            <Card>
              <EmptyState icon={Gauge} title="Nothing is metered yet">
                A{' '}
                <Link href={href('features')} className={textLink}>
                  metered feature
                </Link>{' '}
                brings a meter, and your backend reports what was used with{' '}
                <code className="font-mono">trackUsage</code>.
              </EmptyState>
            </Card>
          ) : (
            <Explorer meters={[first, ...data.slice(1)]} />
          );
        }}
      </QueryStates>
    </>
  );
}

function Explorer({ meters }: { meters: readonly [Meter, ...Meter[]] }) {
  const { api } = useEnvironment();
  const { wished, choose } = useExplored();
  // The newest come first. What has been metered for longest has most to show.
  const meter = meters.find(({ key }) => key === wished.meter) ?? meters.at(-1) ?? meters[0];
  const intervals = intervalsOf[wished.range];
  const explored: Explored = {
    meter: meter.key,
    range: wished.range,
    interval: intervals.find((known) => known === wished.interval) ?? intervals[0],
    by: ['customer', ...meter.group_by].find((known) => known === wished.by) ?? null,
    customer: wished.customer,
  };
  const exploration = useQuery(explorationQuery(api, explored));
  const isComparable = previousOf(explored.range, Date.now()) !== undefined;
  const before = useQuery({
    ...explorationQuery(api, explored, true),
    enabled: wished.compare && isComparable,
  });
  return (
    <Card>
      <div className="grid grid-cols-2 items-center gap-2 border-b p-3 sm:flex sm:flex-wrap">
        <Select
          aria-label="Meter"
          className="col-span-2 w-full sm:w-44"
          value={meter.key}
          options={meters.map(({ key, name }) => ({ value: key, label: name }))}
          onValueChange={(key) => choose({ meter: key, by: null })}
        />
        <Select
          aria-label="Time"
          className="w-full sm:w-40"
          value={explored.range}
          options={ranges.map((value) => ({ value, label: rangeWords[value] }))}
          onValueChange={(value) =>
            choose({ range: ranges.find((known) => known === value) ?? null, interval: null })
          }
        />
        {intervals.length > 1 ? (
          <Select
            aria-label="Interval"
            className="w-full sm:w-32"
            value={explored.interval}
            options={intervals.map((value) => ({ value, label: intervalWords[value] }))}
            onValueChange={(value) =>
              choose({ interval: intervals.find((known) => known === value) ?? null })
            }
          />
        ) : null}
        <Select
          aria-label="Broken down by"
          className="w-full sm:w-44"
          value={explored.by ?? together}
          options={[
            { value: together, label: 'All together' },
            { value: 'customer', label: 'By customer' },
            ...meter.group_by.map((property) => ({ value: property, label: `By ${property}` })),
          ]}
          onValueChange={(value) => choose({ by: value === together ? null : value })}
        />
        {explored.customer ? (
          <Badge tone="accent" className="col-span-2 h-7 justify-self-start">
            {explored.customer}
            <Button
              variant="link"
              size="inline"
              aria-label="Show all customers"
              onClick={() => choose({ customer: null })}
            >
              <X aria-hidden />
            </Button>
          </Badge>
        ) : null}
        <div className="col-span-2 flex items-center justify-between gap-4 sm:ml-auto">
          {isComparable ? (
            <label className="flex items-center gap-2 text-sm whitespace-nowrap">
              <Switch checked={wished.compare} onCheckedChange={(on) => choose({ compare: on })} />
              Compare
            </label>
          ) : null}
          <ExportButton
            name={`usage-${meter.key}`}
            columns={columns}
            load={async () => ({
              data: exploration.data ? linesOf(exploration.data) : [],
              next_cursor: null,
            })}
          />
        </div>
      </div>
      <QueryStates query={exploration} loading={<Drawing />}>
        {(data) => (
          <Explanation
            exploration={data}
            before={wished.compare && isComparable ? before.data : undefined}
            by={explored.by}
            customer={explored.customer}
          />
        )}
      </QueryStates>
    </Card>
  );
}

type ExplanationProps = {
  exploration: UsageExploration;
  before: UsageExploration | undefined;
  by: string | null;
  customer: string | null;
};

function Explanation({ exploration, before, by, customer }: ExplanationProps) {
  const { href } = useEnvironment();
  const router = useRouter();
  const { meter, interval } = exploration;
  const open =
    customer === null
      ? undefined
      : (start: string) =>
          router.push(href(eventsPath({ meter, customer, from: start, to: endOf(start, interval) })));
  const wordOf = (group: string | null) =>
    group === null ? `Without ${by}` : group === '' ? '(empty)' : group;
  const series = seriesOf(exploration, wordOf);
  if (exploration.events === 0) {
    return (
      <EmptyState icon={Gauge} title="Nothing was used in this time">
        What your backend reports with <code className="font-mono">trackUsage</code> is here at once.
      </EmptyState>
    );
  }
  return (
    <>
      <CardBody className="grid gap-4 pt-4">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className="text-2xl font-semibold tracking-tight tabular-nums">
            {formatExact(exploration.value)}
          </span>
          <span className="text-sm text-muted">
            {valueWords[exploration.aggregation]}
            {before ? `, ${formatExact(before.value)} before` : ''}
          </span>
        </p>
        <ExplorationChart exploration={exploration} series={series} onOpen={open} />
      </CardBody>
      <ExplorationTable
        exploration={exploration}
        before={before}
        series={series}
        by={by}
        customer={customer}
        wordOf={wordOf}
      />
    </>
  );
}

function Loading() {
  return (
    <Card>
      <Drawing />
    </Card>
  );
}

function Drawing() {
  return (
    <div role="status" aria-label="Loading usage" className="p-4">
      <Skeleton className="h-64" />
    </div>
  );
}
