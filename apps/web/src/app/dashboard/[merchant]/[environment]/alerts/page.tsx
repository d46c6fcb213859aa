import type { Metadata } from 'next';
import { Prefetched } from '#api/prefetched.tsx';
import { Alerts } from '#features/alerts/alerts.tsx';
import { alertsQuery, alertStates } from '#features/alerts/queries.ts';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { cursorOf, type SearchParams } from '#listing/search-params.ts';

export const metadata: Metadata = { title: 'Alerts' };

type AlertsPageProps = { params: EnvironmentParams; searchParams: SearchParams };

export default async function AlertsPage({ params, searchParams }: AlertsPageProps) {
  const { api } = await openEnvironment(params);
  const { state, pages } = await searchParams;
  const filters = { state: alertStates.find((known) => known === state) ?? 'open', cursor: cursorOf(pages) };
  return (
    <Prefetched load={(queries) => [queries.prefetchQuery(alertsQuery(api, filters))]}>
      <Alerts />
    </Prefetched>
  );
}
