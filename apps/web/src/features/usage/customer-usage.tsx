'use client';

import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Select } from '@billingos/ui/components/select';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { textLink } from '@billingos/ui/text-link';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useState } from 'react';
import { QueryStates } from '../../api/query-states.tsx';
import type { Customer, Meter, UsageRecord } from '../../api/types.ts';
import { entitlementsQuery } from '../customers/queries.ts';
import { metersQuery } from '../features/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { periodExplorationQuery } from './exploration-query.ts';
import { limitsOf, newestPeriods } from './period-use.ts';
import { PeriodChart } from './period-chart.tsx';
import { usageQuery } from './queries.ts';
import { UsageTable } from './usage-table.tsx';

/** What one customer used: how the newest period of each meter came about, and the totals of all of them. */
export function CustomerUsage({ customer }: { customer: Customer }) {
  const { api, href } = useEnvironment();
  const usage = useQuery(usageQuery(api, { customer: customer.id, meter: undefined, cursor: undefined }));
  return (
    <Card>
      <CardHeader title="Usage" description="Counted per meter and period." />
      <QueryStates query={usage} loading={<Drawing />}>
        {({ data, has_more }) => {
          const [newest, ...others] = newestPeriods(data);
          return newest === undefined ? (
            <p className="px-4 pb-4 text-sm text-muted">
              Nothing was tracked yet. Your backend reports it with trackUsage.
            </p>
          ) : (
            <>
              <PeriodUse customer={customer} periods={[newest, ...others]} />
              <UsageTable records={data} showCustomer={false} />
              {has_more ? (
                <p className="border-t px-4 py-2 text-sm">
                  <Link href={`${href('usage/periods')}?customer=${customer.id}`} className={textLink}>
                    All usage of this customer
                  </Link>
                </p>
              ) : null}
            </>
          );
        }}
      </QueryStates>
    </Card>
  );
}

type PeriodUseProps = { customer: Customer; periods: readonly [UsageRecord, ...UsageRecord[]] };

function PeriodUse({ customer, periods }: PeriodUseProps) {
  const { api, href } = useEnvironment();
  const [chosen, choose] = useState<string>();
  const period = periods.find(({ meter }) => meter === chosen) ?? periods[0];
  const meters = useQuery(metersQuery(api));
  const entitlements = useQuery(entitlementsQuery(api, customer.id));
  const exploration = useQuery(periodExplorationQuery(api, period));
  const path = new URLSearchParams({ meter: period.meter, customer: customer.external_id ?? customer.id });
  return (
    <CardBody className="grid gap-3">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        {periods.length > 1 ? (
          <Select
            aria-label="Meter"
            className="w-48"
            value={period.meter}
            options={periods.map(({ meter }) => ({ value: meter, label: nameOf(meter, meters.data?.data) }))}
            onValueChange={choose}
          />
        ) : (
          <h3 className="text-sm font-medium">{nameOf(period.meter, meters.data?.data)}</h3>
        )}
        <Link href={href(`usage?${path.toString()}`)} className={`text-sm ${textLink}`}>
          Explore
        </Link>
      </div>
      <QueryStates query={exploration} loading={<Drawing />}>
        {(data) => (
          <PeriodChart
            exploration={data}
            period={period}
            limits={limitsOf(period, entitlements.data?.features ?? [])}
          />
        )}
      </QueryStates>
    </CardBody>
  );
}

function nameOf(key: string, meters: readonly Meter[] | undefined): string {
  return meters?.find((meter) => meter.key === key)?.name ?? key;
}

function Drawing() {
  return (
    <div role="status" aria-label="Loading usage" className="p-4">
      <Skeleton className="h-48" />
    </div>
  );
}
