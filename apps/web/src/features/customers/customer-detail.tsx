'use client';

import { PageHeader } from '@billingos/ui/components/page-header';
import { PageSkeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../../api/errors.ts';
import { QueryStates } from '../../api/query-states.tsx';
import { Missing } from '../../listing/missing.tsx';
import { CheckoutLinkDialog } from '../subscriptions/checkout-link-dialog.tsx';
import { SubscribeDialog } from '../subscriptions/subscribe-dialog.tsx';
import { CustomerSubscriptions } from '../subscriptions/customer-subscriptions.tsx';
import { CustomerCredits } from '../credits/customer-credits.tsx';
import { CustomerSpendCap } from '../spend-caps/customer-spend-cap.tsx';
import { CustomerTopUps } from '../top-ups/customer-top-ups.tsx';
import { CustomerUsage } from '../usage/customer-usage.tsx';
import { CustomerInvoices } from '../invoices/customer-invoices.tsx';
import { CustomerKeys } from '../consumer-keys/customer-keys.tsx';
import { CustomerPrices } from '../customer-prices/customer-prices.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { CustomerEntitlements } from './customer-entitlements.tsx';
import { CustomerIdentity } from './customer-identity.tsx';
import { customerName } from './customer-name.ts';
import { customerQuery } from './queries.ts';

export function CustomerDetail({ id }: { id: string }) {
  const { api, can, href } = useEnvironment();
  const customer = useQuery(customerQuery(api, id));
  if (customer.error instanceof ApiError && customer.error.status === 404) {
    return <Missing what="customer" list={{ href: href('customers'), label: 'All customers' }} />;
  }
  return (
    <QueryStates query={customer} loading={<PageSkeleton label="Loading the customer" />}>
      {(data) => (
        <>
          <PageHeader
            title={customerName(data)}
            description={data.name ? data.email : null}
            actions={
              <>
                {can('checkout:write') ? <CheckoutLinkDialog customer={data} /> : null}
                {can('subscriptions:write') ? <SubscribeDialog customer={data} /> : null}
              </>
            }
          />
          <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_18rem]">
            <div className="grid content-start gap-4">
              <CustomerSubscriptions customer={data} />
              <CustomerInvoices customer={data} />
              <CustomerEntitlements customer={data} />
              <CustomerUsage customer={data} />
              <CustomerSpendCap customer={data} />
              <CustomerCredits customer={data} />
              <CustomerTopUps customer={data} />
              <CustomerPrices customer={data} />
              <CustomerKeys customer={data} />
            </div>
            <CustomerIdentity customer={data} />
          </div>
        </>
      )}
    </QueryStates>
  );
}
