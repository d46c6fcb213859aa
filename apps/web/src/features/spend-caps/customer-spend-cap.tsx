'use client';

import { Button } from '@billingos/ui/components/button';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Meter } from '@billingos/ui/components/meter';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { textLink } from '@billingos/ui/text-link';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { QueryStates } from '../../api/query-states.tsx';
import type { Customer, SpendCap } from '../../api/types.ts';
import { formatMoney } from '../../formatting/money.ts';
import { customerKeys } from '../customers/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { subscriptionsOfQuery } from '../subscriptions/queries.ts';
import { spendCapQuery } from './queries.ts';
import { SpendCapDialog } from './spend-cap-dialog.tsx';

/** What use may cost the customer in a billing period, and what it has cost so far. */
export function CustomerSpendCap({ customer }: { customer: Customer }) {
  const { api, can } = useEnvironment();
  const caps = useQuery(spendCapQuery(api, customer.id));
  const mayWrite = can('subscriptions:write');
  return (
    <Card>
      <CardHeader
        title="Spend cap"
        description="The most that use may cost in a billing period. Then checks say no."
        action={
          mayWrite && caps.data ? (
            <div className="flex flex-wrap gap-2">
              {caps.data.own ? <RemoveOwnCap customer={customer} /> : null}
              <SpendCapDialog customer={customer} own={caps.data.own} />
            </div>
          ) : null
        }
      />
      <CardBody className="grid gap-3 text-sm">
        <QueryStates query={caps} loading={<Skeleton className="h-5" />}>
          {(data) => (
            <>
              <p className="text-muted">{rule(data)}</p>
              {data.subscriptions.map((capped) => (
                <CappedSubscription key={capped.subscription} customer={customer} capped={capped} />
              ))}
            </>
          )}
        </QueryStates>
      </CardBody>
    </Card>
  );
}

function rule({ own, subscriptions }: SpendCap): string {
  if (own === null) {
    return subscriptions.length === 0 ? 'None: use may cost any amount.' : 'As the plan says.';
  }
  const { amount, currency } = own;
  return amount === null
    ? `None in ${currency.toUpperCase()} for this customer, whatever the plan says.`
    : `${formatMoney({ amount, currency })} for this customer, whatever the plan says.`;
}

type CappedSubscriptionProps = { customer: Customer; capped: SpendCap['subscriptions'][number] };

function CappedSubscription({ customer, capped }: CappedSubscriptionProps) {
  const { api, href } = useEnvironment();
  const subscriptions = useQuery(subscriptionsOfQuery(api, [customer.id]));
  const { subscription, cap, spent } = capped;
  const plan = subscriptions.data?.find(({ id }) => id === subscription)?.plan.name ?? 'Subscription';
  const words = `${formatMoney(spent)} of ${formatMoney(cap)}`;
  return (
    <div className="grid gap-1.5">
      <div className="flex items-baseline justify-between gap-3">
        <Link href={href(`subscriptions/${subscription}`)} className={textLink}>
          {plan}
        </Link>
        <span className="text-muted tabular-nums">{words}</span>
      </div>
      <Meter
        label={`Spent on use of ${plan}`}
        used={spent.amount}
        limit={cap.amount}
        valueText={`${words} spent`}
      />
    </div>
  );
}

/** The plan's holds again, and it can be set again: it asks nothing. */
function RemoveOwnCap({ customer }: { customer: Customer }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () =>
      unwrap(
        api.client.DELETE('/api/v1/customers/{id}/spend-cap', { params: { path: { id: customer.id } } }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: customerKeys.one(api, customer.id) });
      toast.success('The plan decides again');
    },
    onError: (error) => toast.error(error.message),
  });
  return (
    <Button size="sm" variant="ghost" pending={remove.isPending} onClick={() => remove.mutate()}>
      Remove own cap
    </Button>
  );
}
