'use client';

import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import Link from 'next/link';
import type { InvoiceSummary } from '../../api/types.ts';
import { formatAmount } from '../../formatting/money.ts';
import { Day } from '../../formatting/time.tsx';
import { customerName } from '../customers/customer-name.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { invoiceName } from './invoice-name.ts';
import { InvoiceStatusBadge } from './invoice-status.tsx';

type InvoicesTableProps = { invoices: readonly InvoiceSummary[]; withCustomer?: boolean };

export function InvoicesTable({ invoices, withCustomer = true }: InvoicesTableProps) {
  const { href } = useEnvironment();
  return (
    <Table label="Invoices">
      <TableHead>
        <tr>
          <HeaderCell>Invoice</HeaderCell>
          {withCustomer ? <HeaderCell>Customer</HeaderCell> : null}
          <HeaderCell>Status</HeaderCell>
          <HeaderCell className="text-right">Total</HeaderCell>
          <HeaderCell className="text-right">Still due</HeaderCell>
          <HeaderCell>Issued</HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {invoices.map((invoice) => (
          <TableRow key={invoice.id}>
            <Cell>
              <Link
                href={href(`invoices/${invoice.id}`)}
                className="rounded-sm font-medium tabular-nums hover:underline"
              >
                {invoiceName(invoice)}
              </Link>
            </Cell>
            {withCustomer ? (
              <Cell>
                <Link
                  href={href(`customers/${invoice.customer.id}`)}
                  className="rounded-sm font-medium hover:underline"
                >
                  {customerName(invoice.customer)}
                </Link>
              </Cell>
            ) : null}
            <Cell>
              <InvoiceStatusBadge invoice={invoice} />
            </Cell>
            <Cell numeric>{formatAmount(invoice.total)}</Cell>
            <Cell numeric className="text-muted">
              {invoice.status === 'open' ? formatAmount(invoice.amount_remaining) : '–'}
            </Cell>
            <Cell className="text-muted">
              <Day iso={invoice.issued_at ?? invoice.created_at} />
            </Cell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}
