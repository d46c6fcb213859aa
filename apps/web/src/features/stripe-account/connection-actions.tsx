'use client';

import { Button } from '@billingos/ui/components/button';
import { Notice } from '@billingos/ui/components/notice';
import { useState } from 'react';
import { describeError } from '../../api/errors.ts';
import type { StripeAccount } from '../../api/types.ts';
import { ConnectNewDialog } from './connect-new-dialog.tsx';
import { DisconnectDialog } from './disconnect-dialog.tsx';
import { useConnect } from './use-connect.ts';

type ConnectionActionsProps = { account: StripeAccount; refreshing: boolean; onRefresh: () => void };

/** What can be done about the connection as it stands. */
export function ConnectionActions({ account, refreshing, onRefresh }: ConnectionActionsProps) {
  const [asked, setAsked] = useState<'disconnect' | 'new' | null>(null);
  const connect = useConnect();
  const label = connectLabel(account);
  const isLeft = account.status === 'not_connected' && account.former_account_id !== null;
  return (
    <div className="grid gap-3">
      {connect.isError ? <Notice tone="danger">{describeError(connect.error).message}</Notice> : null}
      <div className="flex flex-wrap gap-2">
        {label ? (
          <Button
            variant="primary"
            pending={connect.isPending || connect.isSuccess}
            onClick={() => connect.mutate({ account: 'former', abandon_subscriptions: false })}
          >
            {label}
          </Button>
        ) : null}
        {isLeft ? <Button onClick={() => setAsked('new')}>Connect another account</Button> : null}
        {account.stripe_account_id ? (
          <>
            <Button pending={refreshing} onClick={onRefresh}>
              Check again
            </Button>
            <Button onClick={() => setAsked('disconnect')}>Disconnect</Button>
          </>
        ) : null}
      </div>
      <DisconnectDialog open={asked === 'disconnect'} onClose={() => setAsked(null)} />
      <ConnectNewDialog open={asked === 'new'} onClose={() => setAsked(null)} />
    </div>
  );
}

function connectLabel({ status, former_account_id }: StripeAccount): string | null {
  switch (status) {
    case 'connected':
      return null;
    case 'onboarding':
      return 'Continue at Stripe';
    case 'lost':
      return 'Connect again';
    case 'not_connected':
      return former_account_id ? 'Connect the same account again' : 'Connect Stripe';
  }
}
