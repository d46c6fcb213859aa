import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { webhookEventsQuery, webhookEventStates } from '#features/webhook-events/queries.ts';
import { WebhookEvents } from '#features/webhook-events/webhook-events.tsx';
import { cursorOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'Webhook inbox' };

type WebhookEventsPageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function WebhookEventsPage({ params, searchParams }: WebhookEventsPageProps) {
  const { api } = await openEnvironment(params);
  const { state, pages } = await searchParams;
  const filters = { state: webhookEventStates.find((known) => known === state), cursor: cursorOf(pages) };
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(webhookEventsQuery(api, filters))]}>
      <WebhookEvents />
    </Prefetched>
  );
}
