'use client';

import { Card } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { useQuery } from '@tanstack/react-query';
import { Bell } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import type { Alert } from '../../api/types.ts';
import { ChoiceFilter } from '../../listing/choice-filter.tsx';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { PagedList } from '../../listing/paged-list.tsx';
import { usePages } from '../../listing/pages.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { AlertsTable } from './alerts-table.tsx';
import { alertsQuery, alertStates, loadAlerts } from './queries.ts';

const columns: readonly CsvColumn<Alert>[] = [
  { header: 'id', value: (row) => row.id },
  { header: 'kind', value: (row) => row.kind },
  { header: 'severity', value: (row) => row.severity },
  { header: 'title', value: (row) => row.title },
  { header: 'detail', value: (row) => row.detail },
  { header: 'target_type', value: (row) => row.target.type },
  { header: 'target_id', value: (row) => row.target.id },
  { header: 'created_at', value: (row) => row.created_at },
  { header: 'resolved_at', value: (row) => row.resolved_at },
];

export function Alerts() {
  const { api } = useEnvironment();
  const [state, setState] = useQueryState('state', parseAsStringLiteral(alertStates).withDefault('open'));
  const pages = usePages();
  const alerts = useQuery({ ...alertsQuery(api, { state, cursor: pages.cursor }), refetchInterval: 30_000 });
  return (
    <>
      <PageHeader
        title="Alerts"
        description="What needs somebody’s eyes. The same cause is one alert while it lasts."
        actions={
          <ExportButton
            name="alerts"
            columns={columns}
            load={(cursor) => loadAlerts(api, { state, cursor, limit: 100 })}
          />
        }
      />
      <Card>
        <div className="p-3">
          <ChoiceFilter
            label="State"
            choices={alertStates}
            wordOf={(one) => (one === 'open' ? 'Open' : 'Resolved')}
            value={state}
            onChoose={(value) => {
              pages.restart();
              void setState(value);
            }}
          />
        </div>
        <PagedList
          query={alerts}
          pages={pages}
          noun={['alert', 'alerts']}
          empty={
            <EmptyState icon={Bell} title={state === 'open' ? 'Nothing needs you' : 'None was resolved yet'}>
              Failed payments, disputes and differences from Stripe are told here.
            </EmptyState>
          }
        >
          {(data) => <AlertsTable alerts={data} />}
        </PagedList>
      </Card>
    </>
  );
}
