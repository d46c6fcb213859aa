'use client';

import { Button } from '@billingos/ui/components/button';
import { Card } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { useQuery } from '@tanstack/react-query';
import { HandCoins } from 'lucide-react';
import Link from 'next/link';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import type { Recovery } from '../../api/types.ts';
import { ChoiceFilter } from '../../listing/choice-filter.tsx';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { PagedList } from '../../listing/paged-list.tsx';
import { usePages } from '../../listing/pages.ts';
import { customerName } from '../customers/customer-name.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { loadRecoveries, recoveriesQuery } from './queries.ts';
import { RecoveriesTable } from './recoveries-table.tsx';
import { RecoverySummary } from './recovery-summary.tsx';
import { recoveryStates, stateWords } from './states.ts';

const columns: readonly CsvColumn<Recovery>[] = [
  { header: 'id', value: (row) => row.id },
  { header: 'customer', value: (row) => customerName(row.customer) },
  { header: 'customer_id', value: (row) => row.customer.id },
  { header: 'invoice_id', value: (row) => row.invoice },
  { header: 'subscription_id', value: (row) => row.subscription },
  { header: 'state', value: (row) => row.state },
  { header: 'currency', value: (row) => row.amount.currency },
  { header: 'amount_minor', value: (row) => row.amount.amount },
  { header: 'recovered_minor', value: (row) => row.recovered.amount },
  { header: 'failures', value: (row) => row.failures },
  { header: 'decline_code', value: (row) => row.decline_code },
  { header: 'next_attempt_at', value: (row) => row.next_attempt_at },
  { header: 'first_failed_at', value: (row) => row.first_failed_at },
  { header: 'ended_at', value: (row) => row.ended_at },
  { header: 'reason_for_leaving', value: (row) => row.win_back?.reason ?? null },
  { header: 'comment', value: (row) => row.win_back?.comment ?? null },
];

export function Recoveries() {
  const { api, href } = useEnvironment();
  const [state, setState] = useQueryState('state', parseAsStringLiteral(recoveryStates));
  const pages = usePages();
  const filters = { state: state ?? undefined, cursor: pages.cursor };
  const recoveries = useQuery(recoveriesQuery(api, filters));
  return (
    <>
      <PageHeader
        title="Payment recovery"
        description="Payments that failed, and how they are won back."
        actions={
          <>
            <Button asChild>
              <Link href={href('settings/payment-recovery')}>Settings</Link>
            </Button>
            <ExportButton
              name="recoveries"
              columns={columns}
              load={(cursor) => loadRecoveries(api, { state: filters.state, cursor, limit: 100 })}
            />
          </>
        }
      />
      <RecoverySummary />
      <Card>
        <div className="p-3">
          <ChoiceFilter
            label="State"
            choices={recoveryStates}
            wordOf={(one) => stateWords[one].label}
            everyLabel="Every state"
            value={state}
            onChoose={(value) => {
              pages.restart();
              void setState(value);
            }}
          />
        </div>
        <PagedList
          query={recoveries}
          pages={pages}
          noun={['failed payment', 'failed payments']}
          empty={
            <EmptyState icon={HandCoins} title={state ? 'None in this state' : 'No payment has failed'}>
              {state
                ? 'Choose another state to see more.'
                : 'When one does, it is tried again and the customer is written to. Settings say when and how often.'}
            </EmptyState>
          }
        >
          {(data) => <RecoveriesTable recoveries={data} />}
        </PagedList>
      </Card>
    </>
  );
}
