'use client';

import { Card } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { Select } from '@billingos/ui/components/select';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { Activity } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { QueryStates } from '../../api/query-states.tsx';
import type { UsageEvent } from '../../api/types.ts';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { Pager } from '../../listing/pager.tsx';
import { usePages } from '../../listing/pages.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { loadUsageEvents, usageEventsQuery } from './queries.ts';
import { eventStatuses, statusWords } from './statuses.ts';
import { UsageEventsTable } from './usage-events-table.tsx';

const every = 'all';
const options = [
  { value: every, label: 'Every event' },
  ...eventStatuses.map((value) => ({ value, label: statusWords[value].label })),
];

const columns: readonly CsvColumn<UsageEvent>[] = [
  { header: 'id', value: (row) => row.id },
  { header: 'status', value: (row) => row.status },
  { header: 'code', value: (row) => row.code },
  { header: 'reason', value: (row) => row.reason },
  { header: 'idempotency_key', value: (row) => row.idempotency_key },
  { header: 'customer', value: (row) => row.customer },
  { header: 'meter', value: (row) => row.meter },
  { header: 'value', value: (row) => row.value },
  { header: 'occurred_at', value: (row) => row.occurred_at },
  { header: 'received_at', value: (row) => row.received_at },
  { header: 'period_start', value: (row) => row.period_start },
];

/** Why an event counted, counted elsewhere, or did not count. */
export function UsageEvents() {
  const { api } = useEnvironment();
  const [status, setStatus] = useQueryState('status', parseAsStringLiteral(eventStatuses));
  const pages = usePages();
  const filters = { status: status ?? undefined, cursor: pages.cursor };
  const events = useQuery(usageEventsQuery(api, filters));
  return (
    <>
      <PageHeader
        title="Usage events"
        description="What your servers reported, one by one, and what became of it."
        actions={
          <ExportButton
            name="usage-events"
            columns={columns}
            load={(cursor) => loadUsageEvents(api, { status: filters.status, cursor, limit: 100 })}
          />
        }
      />
      <Card>
        <div className="p-3">
          <Select
            aria-label="Status"
            className="w-44"
            value={status ?? every}
            options={options}
            onValueChange={(value) => {
              pages.restart();
              void setStatus(eventStatuses.find((known) => known === value) ?? null);
            }}
          />
        </div>
        <QueryStates query={events} loading={<TableSkeleton label="Loading usage events" />}>
          {({ data, next_cursor }) =>
            data.length > 0 ? (
              <>
                <UsageEventsTable events={data} />
                <Pager
                  pages={pages}
                  next_cursor={next_cursor}
                  summary={`${data.length} ${data.length === 1 ? 'event' : 'events'}`}
                />
              </>
            ) : (
              <EmptyState icon={Activity} title={status ? 'None of these' : 'No events yet'}>
                {status ? (
                  'Choose another status to see more.'
                ) : (
                  <>
                    Your backend reports them with <code className="font-mono">trackUsage</code>. They show up
                    within seconds.
                  </>
                )}
              </EmptyState>
            )
          }
        </QueryStates>
      </Card>
    </>
  );
}
