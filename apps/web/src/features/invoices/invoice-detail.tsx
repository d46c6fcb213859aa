'use client';

import { Notice } from '@billingos/ui/components/notice';
import { PageHeader } from '@billingos/ui/components/page-header';
import { PageSkeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../../api/errors.ts';
import { QueryStates } from '../../api/query-states.tsx';
import type { Invoice } from '../../api/types.ts';
import { formatDay } from '../../formatting/dates.ts';
import { formatMoney } from '../../formatting/money.ts';
import { Missing } from '../../listing/missing.tsx';
import { customerName } from '../customers/customer-name.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { InvoiceActions } from './invoice-actions.tsx';
import { InvoiceFacts } from './invoice-facts.tsx';
import { InvoiceLines } from './invoice-lines.tsx';
import { InvoiceMoney } from './invoice-money.tsx';
import { invoiceName } from './invoice-name.ts';
import { InvoiceStatusBadge } from './invoice-status.tsx';
import { invoiceQuery } from './queries.ts';

export function InvoiceDetail({ id }: { id: string }) {
  const { api, href } = useEnvironment();
  const invoice = useQuery(invoiceQuery(api, id));
  if (invoice.error instanceof ApiError && invoice.error.status === 404) {
    return <Missing what="invoice" list={{ href: href('invoices'), label: 'All invoices' }} />;
  }
  return (
    <QueryStates query={invoice} loading={<PageSkeleton label="Loading the invoice" />}>
      {(data) => (
        <>
          <PageHeader
            title={`${invoiceName(data)} for ${customerName(data.customer)}`}
            description={
              <span className="flex flex-wrap items-center gap-2">
                <InvoiceStatusBadge invoice={data} />
                {courseOf(data)}
              </span>
            }
            actions={<InvoiceActions invoice={data} />}
          />
          <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_18rem]">
            <div className="grid content-start gap-4">
              {data.parked_reason ? (
                <Notice tone="warning">
                  Held back, nobody is charged. {parkedBecause[data.parked_reason]} Look at its lines and
                  release it if they are right.
                </Notice>
              ) : null}
              {data.usage_due_at && !data.parked_reason ? (
                <Notice>
                  It waits for the last use of its period, which may still be reported. It is issued by itself
                  after that.
                </Notice>
              ) : null}
              {data.is_payment_under_way ? (
                <Notice>A payment is under way. No other can begin until its outcome is known.</Notice>
              ) : null}
              {data.payments.some(({ is_disputed }) => is_disputed) ? (
                <Notice tone="danger">The customer disputes a payment of this invoice at the bank.</Notice>
              ) : null}
              <InvoiceLines invoice={data} />
              <InvoiceMoney invoice={data} />
            </div>
            <InvoiceFacts invoice={data} />
          </div>
        </>
      )}
    </QueryStates>
  );
}

const parkedBecause = {
  unusual_amount: 'It is more than ten times what this subscription usually costs.',
  too_many_lines: 'This subscription was charged for more in a day than it has prices.',
} as const;

/** "$29 due on Dec 1, 2026", "Paid on Nov 21, 2026" */
function courseOf({
  status,
  amount_remaining,
  due_at,
  next_attempt_at,
  paid_at,
  voided_at,
}: Invoice): string {
  if (status === 'paid') return paid_at ? `on ${formatDay(paid_at)}` : '';
  if (status === 'void') return voided_at ? `since ${formatDay(voided_at)}` : '';
  if (status === 'draft') return 'Not issued yet, it may still change';
  const due = `${formatMoney(amount_remaining)} ${status === 'open' ? 'due' : 'never paid'}`;
  if (status === 'uncollectible') return due;
  if (next_attempt_at) return `${due}, tried again on ${formatDay(next_attempt_at)}`;
  return due_at ? `${due} on ${formatDay(due_at)}` : due;
}
