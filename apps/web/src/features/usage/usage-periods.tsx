'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { Card } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { Select } from '@billingos/ui/components/select';
import { useQuery } from '@tanstack/react-query';
import { Gauge, X } from 'lucide-react';
import { parseAsString, useQueryState } from 'nuqs';
import type { UsageRecord } from '../../api/types.ts';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { PagedList } from '../../listing/paged-list.tsx';
import { usePages } from '../../listing/pages.ts';
import { metersQuery } from '../features/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { loadUsage, usageQuery } from './queries.ts';
import { UsageTable } from './usage-table.tsx';

const columns: readonly CsvColumn<UsageRecord>[] = [
  { header: 'customer_id', value: (row) => row.customer.id },
  { header: 'external_id', value: (row) => row.customer.external_id },
  { header: 'meter', value: (row) => row.meter },
  { header: 'period_start', value: (row) => row.period_start },
  { header: 'period_end', value: (row) => row.period_end },
  { header: 'value', value: (row) => row.value },
  { header: 'event_count', value: (row) => row.event_count },
];

/** What is billed: totals per customer, meter and billing period. */
export function UsagePeriods() {
  const { api } = useEnvironment();
  const [customer, setCustomer] = useQueryState('customer', parseAsString);
  const [meter] = useQueryState('meter', parseAsString);
  const pages = usePages();
  const filters = { customer: customer ?? undefined, meter: meter ?? undefined };
  const usage = useQuery(usageQuery(api, { ...filters, cursor: pages.cursor }));
  return (
    <>
      <PageHeader
        title="Usage by billing period"
        description="Totals per customer, meter and period, as they are billed."
        actions={
          <ExportButton
            name="usage"
            columns={columns}
            load={(cursor) => loadUsage(api, { ...filters, cursor, limit: 100 })}
          />
        }
      />
      <Card>
        <div className="flex flex-wrap items-center gap-2 p-3">
          <MeterSelect onChange={pages.restart} />
          {customer ? (
            <Badge tone="accent" className="h-7">
              One customer
              <Button
                variant="link"
                size="inline"
                aria-label="Show all customers"
                onClick={() => {
                  pages.restart();
                  void setCustomer(null);
                }}
              >
                <X aria-hidden />
              </Button>
            </Badge>
          ) : null}
        </div>
        <PagedList
          query={usage}
          pages={pages}
          noun={['record', 'records']}
          empty={
            <EmptyState icon={Gauge} title="No usage here">
              Your backend reports it with <code className="font-mono">trackUsage</code>. It shows up within
              seconds.
            </EmptyState>
          }
        >
          {(data) => <UsageTable records={data} showCustomer />}
        </PagedList>
      </Card>
    </>
  );
}

const every = '*';

function MeterSelect({ onChange }: { onChange: () => void }) {
  const { api } = useEnvironment();
  const [meter, setMeter] = useQueryState('meter', parseAsString);
  const meters = useQuery(metersQuery(api));
  const options = (meters.data?.data ?? []).map(({ key, name }) => ({ value: key, label: name }));
  return (
    <Select
      aria-label="Meter"
      className="w-48"
      value={meter ?? every}
      options={[{ value: every, label: 'Every meter' }, ...options]}
      onValueChange={(value) => {
        onChange();
        void setMeter(value === every ? null : value);
      }}
    />
  );
}
