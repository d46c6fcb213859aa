'use client';

import { Card } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { useQuery } from '@tanstack/react-query';
import { Webhook } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { ChoiceFilter } from '../../listing/choice-filter.tsx';
import { PagedList } from '../../listing/paged-list.tsx';
import { usePages } from '../../listing/pages.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { webhookEventsQuery, webhookEventStates } from './queries.ts';
import { WebhookEventsTable } from './webhook-events-table.tsx';

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
          <ChoiceFilter
            label="State"
            choices={webhookEventStates}
            wordOf={(one) => one[0]?.toUpperCase() + one.slice(1)}
            everyLabel="Every state"
            value={state}
            onChoose={(value) => {
              pages.restart();
              void setState(value);
            }}
          />
        </div>
        <PagedList
          query={events}
          pages={pages}
          noun={['event', 'events']}
          empty={
            <EmptyState icon={Webhook} title={state ? 'None in this state' : 'No events yet'}>
              Stripe sends one for every payment and every change of a subscription.
            </EmptyState>
          }
        >
          {(data) => <WebhookEventsTable events={data} />}
        </PagedList>
      </Card>
    </>
  );
}
