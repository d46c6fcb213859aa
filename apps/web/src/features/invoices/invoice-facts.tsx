'use client';

import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { CopyableCode } from '@billingos/ui/components/copy-button';
import { textLink } from '@billingos/ui/text-link';
import Link from 'next/link';
import type { ReactNode } from 'react';
import type { Invoice } from '../../api/types.ts';
import { formatDay, formatMoment } from '../../formatting/dates.ts';
import { customerName } from '../customers/customer-name.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';

export function InvoiceFacts({ invoice }: { invoice: Invoice }) {
  const { href } = useEnvironment();
  const { customer, subscription, period_start, period_end, issued_at, due_at } = invoice;
  return (
    <Card className="h-fit">
      <CardHeader title="Details" />
      <CardBody>
        <dl className="grid gap-3 text-sm">
          <Fact term="Customer">
            <Link href={href(`customers/${customer.id}`)} className={textLink}>
              {customerName(customer)}
            </Link>
          </Fact>
          {subscription ? (
            <Fact term="Subscription">
              <Link href={href(`subscriptions/${subscription}`)} className={textLink}>
                Open the subscription
              </Link>
            </Fact>
          ) : null}
          {period_start && period_end ? (
            <Fact term="Period">
              {formatDay(period_start)} – {formatDay(period_end)}
            </Fact>
          ) : null}
          <Fact term="Issued">
            {issued_at ? formatMoment(issued_at) : <span className="text-muted">Not yet</span>}
          </Fact>
          {due_at ? <Fact term="Due">{formatDay(due_at)}</Fact> : null}
          {invoice.attempt_count > 0 ? <Fact term="Attempts to charge">{invoice.attempt_count}</Fact> : null}
          <Fact term="Collected by">{invoice.provider === 'stripe' ? 'Stripe' : 'You'}</Fact>
          <Fact term="Invoice id">
            <CopyableCode value={invoice.id} label="Copy invoice id" />
          </Fact>
          <Fact term="Created">{formatMoment(invoice.created_at)}</Fact>
        </dl>
      </CardBody>
    </Card>
  );
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div className="grid min-w-0 gap-0.5">
      <dt className="text-xs text-muted">{term}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}
