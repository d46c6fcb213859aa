'use client';

import { Card } from '@billingos/ui/components/card';
import { EmptyState } from '@billingos/ui/components/empty-state';
import { PageHeader } from '@billingos/ui/components/page-header';
import { useQuery } from '@tanstack/react-query';
import { ReceiptText } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import type { InvoiceSummary } from '../../api/types.ts';
import { ChoiceFilter } from '../../listing/choice-filter.tsx';
import type { CsvColumn } from '../../listing/csv.ts';
import { ExportButton } from '../../listing/export-button.tsx';
import { PagedList } from '../../listing/paged-list.tsx';
import { usePages } from '../../listing/pages.ts';
import { customerName } from '../customers/customer-name.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { InvoicesTable } from './invoices-table.tsx';
import { invoicesQuery, loadInvoices } from './queries.ts';
import { invoiceStatuses, statusWords } from './statuses.ts';

/** Amounts in minor units, as the API gives them: a spreadsheet can add them up without rounding. */
const columns: readonly CsvColumn<InvoiceSummary>[] = [
  { header: 'id', value: (row) => row.id },
  { header: 'number', value: (row) => row.number },
  { header: 'provider', value: (row) => row.provider },
  { header: 'customer', value: (row) => customerName(row.customer) },
  { header: 'customer_id', value: (row) => row.customer.id },
  { header: 'subscription_id', value: (row) => row.subscription },
  { header: 'status', value: (row) => row.status },
  { header: 'currency', value: (row) => row.currency },
  { header: 'subtotal_minor', value: (row) => row.subtotal.amount },
  { header: 'discount_minor', value: (row) => row.discount_total.amount },
  { header: 'tax_minor', value: (row) => row.tax_total.amount },
  { header: 'total_minor', value: (row) => row.total.amount },
  { header: 'paid_minor', value: (row) => row.amount_paid.amount },
  { header: 'remaining_minor', value: (row) => row.amount_remaining.amount },
  { header: 'refunded_minor', value: (row) => row.amount_refunded.amount },
  { header: 'issued_at', value: (row) => row.issued_at },
  { header: 'due_at', value: (row) => row.due_at },
  { header: 'paid_at', value: (row) => row.paid_at },
];

export function Invoices() {
  const { api } = useEnvironment();
  const [status, setStatus] = useQueryState('status', parseAsStringLiteral(invoiceStatuses));
  const pages = usePages();
  const filters = { status: status ?? undefined, cursor: pages.cursor };
  const invoices = useQuery(invoicesQuery(api, filters));
  return (
    <>
      <PageHeader
        title="Invoices"
        description="What customers were charged, and what is still to be paid."
        actions={
          <ExportButton
            name="invoices"
            columns={columns}
            load={(cursor) => loadInvoices(api, { status: filters.status, cursor, limit: 100 })}
          />
        }
      />
      <Card>
        <div className="p-3">
          <ChoiceFilter
            label="Status"
            choices={invoiceStatuses}
            wordOf={(one) => statusWords[one].label}
            everyLabel="Every status"
            value={status}
            onChoose={(value) => {
              pages.restart();
              void setStatus(value);
            }}
          />
        </div>
        <PagedList
          query={invoices}
          pages={pages}
          noun={['invoice', 'invoices']}
          empty={
            <EmptyState icon={ReceiptText} title={status ? 'None with this status' : 'No invoices yet'}>
              {status
                ? 'Choose another status to see more.'
                : 'The first one comes with the first subscription. Open a customer to sell one.'}
            </EmptyState>
          }
        >
          {(data) => <InvoicesTable invoices={data} />}
        </PagedList>
      </Card>
    </>
  );
}
