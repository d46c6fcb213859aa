'use client';

import { Card, CardHeader } from '@billingos/ui/components/card';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { QueryStates } from '../../api/query-states.tsx';
import type { Customer } from '../../api/types.ts';
import { formatMoney } from '../../formatting/money.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { AdjustBalanceDialog } from './adjust-balance-dialog.tsx';
import { InvoicesTable } from './invoices-table.tsx';
import { balanceQuery, invoicesOfQuery } from './queries.ts';

/** The latest invoices of one customer, and the credit for the next. */
export function CustomerInvoices({ customer }: { customer: Customer }) {
  const { api, can } = useEnvironment();
  const invoices = useQuery(invoicesOfQuery(api, customer.id));
  const balance = useQuery(balanceQuery(api, customer.id));
  const credit = (balance.data?.balance ?? []).filter(({ amount }) => amount !== 0);
  return (
    <Card>
      <CardHeader
        title="Invoices"
        description={
          credit.length > 0 ? `Credit for the next ones: ${credit.map(formatMoney).join(' + ')}` : undefined
        }
        action={
          can('invoices:write') && customer.stripe_customer_id !== null ? (
            <AdjustBalanceDialog customer={customer} />
          ) : null
        }
      />
      <QueryStates query={invoices} loading={<TableSkeleton rows={1} label="Loading invoices" />}>
        {(data) =>
          data.length === 0 ? (
            <p className="px-4 pb-4 text-sm text-muted">None. The first one comes with a subscription.</p>
          ) : (
            <InvoicesTable invoices={data} withCustomer={false} />
          )
        }
      </QueryStates>
    </Card>
  );
}
