'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { CopyableCode } from '@billingos/ui/components/copy-button';
import { Notice } from '@billingos/ui/components/notice';
import { PageHeader } from '@billingos/ui/components/page-header';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { parseAsBoolean, useQueryState } from 'nuqs';
import { useEffect, useEffectEvent } from 'react';
import { unwrap } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import { QueryStates } from '../../api/query-states.tsx';
import type { StripeAccount } from '../../api/types.ts';
import { formatMoment } from '../../formatting/dates.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { ConnectionActions } from './connection-actions.tsx';
import { stripeAccountKeys, stripeAccountQuery } from './queries.ts';

export function StripeConnection() {
  const { api, environment, can } = useEnvironment();
  const account = useQuery(stripeAccountQuery(api));
  const refresh = useRefreshOnReturn();
  return (
    <>
      <PageHeader
        title="Stripe"
        description="Payments go to your own Stripe account. We never hold your money or your customers' card numbers."
      />
      <Card>
        <QueryStates query={account} loading={<Skeleton className="m-4 h-32" />}>
          {(data) => (
            <>
              <CardHeader
                title={`Account of ${environment.name}`}
                description={explanation(data)}
                action={<Connection account={data} />}
              />
              <CardBody className="grid gap-4">
                {refresh.isError ? (
                  <Notice tone="danger">{describeError(refresh.error).message}</Notice>
                ) : null}
                {data.status === 'lost' ? (
                  <Notice tone="danger">
                    Nothing can be sold or changed. Give BillingOS access again at Stripe and check again, or
                    disconnect this account and connect another.
                  </Notice>
                ) : null}
                {data.stripe_account_id ? <Account account={data} /> : null}
                {can('stripe_account:write') ? (
                  <ConnectionActions
                    account={data}
                    refreshing={refresh.isPending}
                    onRefresh={() => refresh.mutate()}
                  />
                ) : (
                  <p className="text-sm text-muted">An owner or admin can change the connection.</p>
                )}
              </CardBody>
            </>
          )}
        </QueryStates>
      </Card>
    </>
  );
}

/** Asks Stripe again on demand, and once by itself when Stripe has sent the browser back with `?returned=true`. */
function useRefreshOnReturn() {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const [returned, setReturned] = useQueryState('returned', parseAsBoolean);
  const refresh = useMutation({
    mutationFn: () => unwrap(api.client.POST('/api/v1/stripe-account/refresh')),
    onSuccess: (account) => queries.setQueryData(stripeAccountKeys.all(api), account),
  });
  const onReturn = useEffectEvent(() => {
    refresh.mutate();
    void setReturned(null);
  });

  useEffect(() => {
    if (returned) onReturn();
  }, [returned]);

  return refresh;
}

function Account({ account }: { account: StripeAccount }) {
  return (
    <dl className="grid gap-3 text-sm sm:grid-cols-2">
      <div>
        <dt className="text-xs text-muted">Account</dt>
        <dd>
          <CopyableCode value={account.stripe_account_id ?? ''} label="Copy Stripe account id" />
        </dd>
      </div>
      <div>
        <dt className="text-xs text-muted">Connected</dt>
        <dd>{account.connected_at ? formatMoment(account.connected_at) : 'Not yet'}</dd>
      </div>
      <div>
        <dt className="text-xs text-muted">Can take payments</dt>
        <dd>{account.charges_enabled ? 'Yes' : 'No'}</dd>
      </div>
      <div>
        <dt className="text-xs text-muted">Can pay out</dt>
        <dd>{account.payouts_enabled ? 'Yes' : 'No'}</dd>
      </div>
    </dl>
  );
}

function Connection({ account }: { account: StripeAccount }) {
  return (
    <span className="flex gap-1.5">
      {account.emulated ? <Badge>Emulated</Badge> : null}
      {account.status === 'connected' ? (
        <Badge tone="success">Connected</Badge>
      ) : account.status === 'onboarding' ? (
        <Badge tone="warning">Not finished</Badge>
      ) : account.status === 'lost' ? (
        <Badge tone="danger">Connection lost</Badge>
      ) : (
        <Badge>Not connected</Badge>
      )}
    </span>
  );
}

function explanation({ status, emulated, former_account_id }: StripeAccount): string {
  if (status === 'onboarding') return 'Stripe still needs details from you before you can take payments.';
  if (status === 'lost') return 'Stripe refuses that BillingOS acts for this account.';
  if (status === 'not_connected') {
    return former_account_id
      ? `You left ${former_account_id}. Connect it again, or another account.`
      : 'Connect an account to sell plans in this environment.';
  }
  return emulated ? 'The built-in Stripe emulator takes the payments here.' : 'Ready to take payments.';
}
