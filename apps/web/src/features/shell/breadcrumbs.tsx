'use client';

import { Breadcrumb } from '@billingos/ui/components/breadcrumb';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import { customerName } from '../customers/customer-name.ts';
import { customerQuery } from '../customers/queries.ts';
import { invoiceQuery } from '../invoices/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { planQuery } from '../plans/queries.ts';
import { subscriptionQuery } from '../subscriptions/queries.ts';
import { navigation } from './navigation.ts';
import { useAlreadyRead } from './use-already-read.ts';

/** Where one is: section, page and, on a detail page, whose. */
export function Breadcrumbs() {
  const { href } = useEnvironment();
  const path = usePathname().slice(href().length + 1);
  const group = navigation.find(({ items }) =>
    items.some((item) => item.path !== '' && isWithin(path, item.path)),
  );
  const item = group?.items.find((one) => one.path !== '' && isWithin(path, one.path));
  if (!item) return <Breadcrumb>{<Here>Home</Here>}</Breadcrumb>;
  const rest = path.slice(item.path.length + 1);
  return (
    <Breadcrumb>
      {group?.label ? <span>{group.label}</span> : null}
      {rest ? (
        <Link href={href(item.path)} className="rounded-sm hover:text-ink">
          {item.label}
        </Link>
      ) : (
        <Here>{item.label}</Here>
      )}
      {rest ? (
        <Here>
          <Crumb section={item.path} rest={rest} />
        </Here>
      ) : null}
    </Breadcrumb>
  );
}

function Here({ children }: { children: ReactNode }) {
  return (
    <span aria-current="page" className="text-ink">
      {children}
    </span>
  );
}

function Crumb({ section, rest }: { section: string; rest: string }) {
  if (section === 'customers') return <CustomerCrumb id={rest} />;
  if (section === 'subscriptions') return <SubscriptionCrumb id={rest} />;
  if (section === 'invoices') return <InvoiceCrumb id={rest} />;
  if (section === 'plans') return <PlanCrumb rest={rest} />;
  if (section === 'reconciliation') return 'Run';
  if (section === 'usage') return 'By billing period';
  if (section === 'settings/stripe-import') return 'Report';
  return <Detail rest={rest} />;
}

function InvoiceCrumb({ id }: { id: string }) {
  const { api } = useEnvironment();
  const invoice = useAlreadyRead(invoiceQuery(api, decodeURIComponent(id)).queryKey);
  return invoice?.number ?? 'Invoice';
}

function Detail({ rest }: { rest: string }) {
  return rest === 'new' ? 'New' : decodeURIComponent(rest);
}

function CustomerCrumb({ id }: { id: string }) {
  const { api } = useEnvironment();
  const customer = useAlreadyRead(customerQuery(api, decodeURIComponent(id)).queryKey);
  return customer ? customerName(customer) : 'Customer';
}

function SubscriptionCrumb({ id }: { id: string }) {
  const { api } = useEnvironment();
  const subscription = useAlreadyRead(subscriptionQuery(api, decodeURIComponent(id)).queryKey);
  return subscription
    ? `${customerName(subscription.customer)} on ${subscription.plan.name}`
    : 'Subscription';
}

function PlanCrumb({ rest }: { rest: string }) {
  const { api } = useEnvironment();
  const [id = ''] = rest.split('/');
  const plan = useAlreadyRead(planQuery(api, decodeURIComponent(id)).queryKey);
  if (id === 'new') return 'New';
  if (id === 'new-add-on') return 'New add-on';
  return plan?.name ?? 'Plan';
}

function isWithin(path: string, section: string): boolean {
  return path === section || path.startsWith(`${section}/`);
}
