'use client';

import { Card } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { useQuery } from '@tanstack/react-query';
import { Repeat } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import type { Subscription } from '../../api/types.ts';
import { ChoiceFilter } from '../../listing/choice-filter.tsx';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { PagedList } from '../../listing/paged-list.tsx';
import { usePages } from '../../listing/pages.ts';
import { customerName } from '../customers/customer-name.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { loadSubscriptions, subscriptionsQuery } from './queries.ts';
import { statusFilters, statusWords } from './statuses.ts';
import { subscriptionPrice } from './subscription-price.ts';
import { SubscriptionsTable } from './subscriptions-table.tsx';

const columns: readonly CsvColumn<Subscription>[] = [
  { header: 'id', value: (row) => row.id },
  { header: 'customer', value: (row) => customerName(row.customer) },
  { header: 'customer_id', value: (row) => row.customer.id },
  { header: 'plan', value: (row) => row.plan.name },
  { header: 'status', value: (row) => row.status },
  { header: 'price', value: subscriptionPrice },
  { header: 'current_period_end', value: (row) => row.current_period_end },
  { header: 'cancel_at', value: (row) => row.cancel_at },
  { header: 'created_at', value: (row) => row.created_at },
];

export function Subscriptions() {
  const { api } = useEnvironment();
  const [status, setStatus] = useQueryState('status', parseAsStringLiteral(statusFilters));
  const pages = usePages();
  const filters = { status: status ?? undefined, cursor: pages.cursor };
  const subscriptions = useQuery(subscriptionsQuery(api, filters));
  return (
    <>
      <PageHeader
        title="Subscriptions"
        description="Who pays for what, and until when."
        actions={
          <ExportButton
            name="subscriptions"
            columns={columns}
            load={(cursor) => loadSubscriptions(api, { status: filters.status, cursor, limit: 100 })}
          />
        }
      />
      <Card>
        <div className="p-3">
          <ChoiceFilter
            label="Status"
            choices={statusFilters}
            wordOf={(one) => (one === 'running' ? 'Running' : statusWords[one].label)}
            everyLabel="Every status"
            value={status}
            onChoose={(value) => {
              pages.restart();
              void setStatus(value);
            }}
          />
        </div>
        <PagedList
          query={subscriptions}
          pages={pages}
          noun={['subscription', 'subscriptions']}
          empty={
            <EmptyState icon={Repeat} title={status ? 'None with this status' : 'No subscriptions yet'}>
              {status
                ? 'Choose another status to see more.'
                : 'Open a customer to send a checkout link, or call the API from your sign-up.'}
            </EmptyState>
          }
        >
          {(data) => <SubscriptionsTable subscriptions={data} />}
        </PagedList>
      </Card>
    </>
  );
}
