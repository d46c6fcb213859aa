'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { Card } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { useQuery } from '@tanstack/react-query';
import { Activity, X } from 'lucide-react';
import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';
import type { UsageEvent } from '../../api/types.ts';
import { formatMoment } from '../../formatting/dates.ts';
import { ChoiceFilter } from '../../listing/choice-filter.tsx';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { PagedList } from '../../listing/paged-list.tsx';
import { usePages } from '../../listing/pages.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { loadUsageEvents, usageEventsQuery } from './queries.ts';
import { eventStatuses, statusWords } from './statuses.ts';
import { UsageEventsTable } from './usage-events-table.tsx';

/** Of the API's own choice: all but those that were rejected. */
const every = 'accepted';
const others = eventStatuses.filter((status) => status !== every);

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
  const [{ status, ...slice }, choose] = useQueryStates({
    status: parseAsStringLiteral(eventStatuses),
    meter: parseAsString,
    customer: parseAsString,
    from: parseAsString,
    to: parseAsString,
  });
  const pages = usePages();
  const filters = {
    status: status ?? undefined,
    meter: slice.meter ?? undefined,
    customer: slice.customer ?? undefined,
    from: slice.from ?? undefined,
    to: slice.to ?? undefined,
  };
  const events = useQuery(usageEventsQuery(api, { ...filters, cursor: pages.cursor }));
  const isNarrowed = status !== null || slice.meter !== null || slice.customer !== null;
  const narrow = (change: Parameters<typeof choose>[0]) => {
    pages.restart();
    void choose(change);
  };
  return (
    <>
      <PageHeader
        title="Usage events"
        description="What your servers reported, one by one, and what became of it."
        actions={
          <ExportButton
            name="usage-events"
            columns={columns}
            load={(cursor) => loadUsageEvents(api, { ...filters, cursor, limit: 100 })}
          />
        }
      />
      <Card>
        <div className="flex flex-wrap items-center gap-2 p-3">
          <ChoiceFilter
            label="Status"
            choices={others}
            wordOf={(one) => statusWords[one].label}
            everyLabel="All that are stored"
            value={status === every ? null : status}
            onChoose={(value) => narrow({ status: value })}
          />
          {slice.meter ? (
            <Narrowed
              what={`Meter ${slice.meter}`}
              undo="Show all meters"
              onUndo={() => narrow({ meter: null })}
            />
          ) : null}
          {slice.customer ? (
            <Narrowed
              what={`Customer ${slice.customer}`}
              undo="Show all customers"
              onUndo={() => narrow({ customer: null, from: null, to: null })}
            />
          ) : null}
          {slice.customer && (slice.from || slice.to) ? (
            <Narrowed
              what={`${slice.from ? formatMoment(slice.from) : 'The beginning'} – ${slice.to ? formatMoment(slice.to) : 'now'}`}
              undo="Show all times"
              onUndo={() => narrow({ from: null, to: null })}
            />
          ) : null}
        </div>
        <PagedList
          query={events}
          pages={pages}
          noun={['event', 'events']}
          empty={
            <EmptyState icon={Activity} title={isNarrowed ? 'None of these' : 'No events yet'}>
              {isNarrowed ? (
                'Choose another status, or look at more customers and meters.'
              ) : (
                <>
                  Your backend reports them with <code className="font-mono">trackUsage</code>. They show up
                  within seconds.
                </>
              )}
            </EmptyState>
          }
        >
          {(data) => <UsageEventsTable events={data} />}
        </PagedList>
      </Card>
    </>
  );
}

function Narrowed({ what, undo, onUndo }: { what: string; undo: string; onUndo: () => void }) {
  return (
    <Badge tone="accent" className="h-7 max-w-full">
      <span className="truncate">{what}</span>
      <Button variant="link" size="inline" aria-label={undo} onClick={onUndo}>
        <X aria-hidden />
      </Button>
    </Badge>
  );
}
