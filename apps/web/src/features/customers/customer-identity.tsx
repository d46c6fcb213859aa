'use client';

import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { CopyableCode } from '@billingos/ui/components/copy-button';
import type { ReactNode } from 'react';
import type { Customer } from '../../api/types.ts';
import { formatMoment } from '../../formatting/dates.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { EditCustomerDialog } from './edit-customer-dialog.tsx';

export function CustomerIdentity({ customer }: { customer: Customer }) {
  const { can } = useEnvironment();
  const metadata = Object.entries(customer.metadata);
  return (
    <Card className="h-fit">
      <CardHeader
        title="Details"
        action={can('customers:write') ? <EditCustomerDialog customer={customer} /> : null}
      />
      <CardBody>
        <dl className="grid gap-3 text-sm">
          <Detail term="Customer id">
            <CopyableCode value={customer.id} label="Copy customer id" />
          </Detail>
          <Detail term="External id">
            {customer.external_id ? (
              <CopyableCode value={customer.external_id} label="Copy external id" />
            ) : (
              <span className="text-muted">None. The SDK can only find this customer by our id.</span>
            )}
          </Detail>
          <Detail term="E-mail">{customer.email ?? <span className="text-muted">None</span>}</Detail>
          <Detail term="Stripe customer">
            {customer.stripe_customer_id ? (
              <CopyableCode value={customer.stripe_customer_id} label="Copy Stripe customer id" />
            ) : (
              <span className="text-muted">Made with the first subscription</span>
            )}
          </Detail>
          <Detail term="Created">{formatMoment(customer.created_at)}</Detail>
          {metadata.map(([name, value]) => (
            <Detail key={name} term={name}>
              <span className="break-words">{String(value)}</span>
            </Detail>
          ))}
        </dl>
      </CardBody>
    </Card>
  );
}

function Detail({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div className="grid min-w-0 gap-0.5">
      <dt className="text-xs text-muted">{term}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}
