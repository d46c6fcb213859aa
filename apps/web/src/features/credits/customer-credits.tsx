'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { QueryStates } from '../../api/query-states.tsx';
import type { CreditBalance, CreditGrant, Customer } from '../../api/types.ts';
import { formatDay } from '../../formatting/dates.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { customerKeys } from '../customers/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { GrantCreditsDialog } from './grant-credits-dialog.tsx';
import { creditEntriesQuery, creditGrantsQuery, creditsQuery } from './queries.ts';

/** What the customer has in advance, where it came from, and the newest of what became of it. */
export function CustomerCredits({ customer }: { customer: Customer }) {
  const { api, can } = useEnvironment();
  const balance = useQuery(creditsQuery(api, customer.id));
  const grants = useQuery(creditGrantsQuery(api, customer.id));
  const entries = useQuery(creditEntriesQuery(api, customer.id));
  const loading = <Skeleton className="h-16" />;
  return (
    <Card>
      <CardHeader
        title="Credits"
        description="They pay for use beyond the limits of features with a credit cost."
        action={can('subscriptions:write') ? <GrantCreditsDialog customer={customer} /> : null}
      />
      <CardBody>
        <QueryStates query={balance} loading={loading}>
          {(data) => <Balance balance={data} />}
        </QueryStates>
        <QueryStates query={grants} loading={loading}>
          {({ data }) =>
            data.length === 0 ? (
              <p className="text-sm text-muted">No credits were granted yet.</p>
            ) : (
              <ul className="mt-3 grid gap-2" aria-label="Grants">
                {data.map((grant) => (
                  <GrantItem key={grant.id} customer={customer} grant={grant} />
                ))}
              </ul>
            )
          }
        </QueryStates>
        <QueryStates query={entries} loading={loading}>
          {({ data }) =>
            data.length === 0 ? null : (
              <ul className="mt-3 grid gap-1 text-sm text-muted" aria-label="Ledger">
                {data.map(({ id, kind, quantity, meter, occurred_at }) => (
                  <li key={id} className="flex justify-between gap-3">
                    <span>
                      {formatDay(occurred_at)} · {meter === null ? kind : `${kind} by ${meter}`}
                    </span>
                    <span className="tabular-nums">
                      {quantity > 0 ? '+' : ''}
                      {formatNumber(quantity)}
                    </span>
                  </li>
                ))}
              </ul>
            )
          }
        </QueryStates>
      </CardBody>
    </Card>
  );
}

function Balance({ balance }: { balance: CreditBalance }) {
  const { next_expiry: expiry, scheduled } = balance;
  return (
    <p className="text-sm">
      <span className="text-xl font-semibold tabular-nums">{formatNumber(balance.balance)}</span>
      {scheduled > 0 ? ` and ${formatNumber(scheduled)} that are not effective yet` : null}
      {expiry ? (
        <span className="text-muted">
          {' '}
          · {formatNumber(expiry.quantity)} expire on {formatDay(expiry.expires_at)}
        </span>
      ) : null}
    </p>
  );
}

function GrantItem({ customer, grant }: { customer: Customer; grant: CreditGrant }) {
  const { api, can } = useEnvironment();
  const queries = useQueryClient();
  const isVoid = grant.state === 'voided';
  const change = useMutation({
    mutationFn: () =>
      unwrap(
        isVoid
          ? api.client.POST('/api/v1/credits/grants/{id}/restore', { params: { path: { id: grant.id } } })
          : api.client.POST('/api/v1/credits/grants/{id}/void', { params: { path: { id: grant.id } } }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: customerKeys.one(api, customer.id) });
      toast.success(isVoid ? 'The credits are back' : 'What was left of the grant is void');
    },
    onError: (error) => toast.error(error.message),
  });
  const canChange = can('subscriptions:write') && (isVoid || grant.remaining > 0);
  return (
    <li className="flex flex-wrap items-center justify-between gap-2 text-sm">
      <span>
        {formatNumber(grant.remaining)} of {formatNumber(grant.quantity)} · {grant.source.replace('_', '-')}
        {grant.expires_at ? ` · until ${formatDay(grant.expires_at)}` : null}
        {grant.reason ? <span className="text-muted"> · {grant.reason}</span> : null}
      </span>
      <span className="flex items-center gap-2">
        {grant.state === 'active' ? null : <Badge>{grant.state.replace('_', ' ')}</Badge>}
        {canChange ? (
          <Button size="sm" variant="ghost" pending={change.isPending} onClick={() => change.mutate()}>
            {isVoid ? 'Restore' : 'Void'}
          </Button>
        ) : null}
      </span>
    </li>
  );
}
