'use client';

import { Card } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { Select } from '@billingos/ui/components/select';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { Webhook } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { QueryStates } from '../../api/query-states.tsx';
import { Pager } from '../../listing/pager.tsx';
import { usePages } from '../../listing/pages.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { webhookEventsQuery, webhookEventStates } from './queries.ts';
import { WebhookEventsTable } from './webhook-events-table.tsx';

const every = 'all';

export function WebhookEvents() {
  const { api } = useEnvironment();
  const [state, setState] = useQueryState('state', parseAsStringLiteral(webhookEventStates));
  const pages = usePages();
  const events = useQuery(webhookEventsQuery(api, { state: state ?? undefined, cursor: pages.cursor }));
  return (
    <>
      <PageHeader
        title="Webhook inbox"
        description="What Stripe has told us. An event is stored before it is answered, and replaying one changes nothing twice."
      />
      <Card>
        <div className="p-3">
          <Select
            aria-label="State"
            className="w-40"
            value={state ?? every}
            options={[
              { value: every, label: 'Every state' },
              ...webhookEventStates.map((value) => ({
                value,
                label: value[0]?.toUpperCase() + value.slice(1),
              })),
            ]}
            onValueChange={(value) => {
              pages.restart();
              void setState(webhookEventStates.find((known) => known === value) ?? null);
            }}
          />
        </div>
        <QueryStates query={events} loading={<TableSkeleton label="Loading events" />}>
          {({ data, next_cursor }) =>
            data.length > 0 ? (
              <>
                <WebhookEventsTable events={data} />
                <Pager
                  pages={pages}
                  next_cursor={next_cursor}
                  summary={`${data.length} ${data.length === 1 ? 'event' : 'events'}`}
                />
              </>
            ) : (
              <EmptyState icon={Webhook} title={state ? 'None in this state' : 'No events yet'}>
                Stripe sends one for every payment and every change of a subscription.
              </EmptyState>
            )
          }
        </QueryStates>
      </Card>
    </>
  );
}
