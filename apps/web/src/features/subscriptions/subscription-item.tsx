'use client';

import { Button } from '@billingos/ui/components/button';
import { CopyableCode } from '@billingos/ui/components/copy-button';
import { useState } from 'react';
import type { Subscription } from '../../api/types.ts';
import { formatDay } from '../../formatting/dates.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { CancelSubscriptionDialog } from './cancel-subscription-dialog.tsx';
import { subscriptionPrice } from './subscription-price.ts';
import { isOver, SubscriptionStatusBadge } from './subscription-status.tsx';

export function SubscriptionItem({ subscription }: { subscription: Subscription }) {
  const { can } = useEnvironment();
  const [canceling, setCanceling] = useState(false);
  const cancelable = can('subscriptions:write') && !isOver(subscription);
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 py-3">
      <div className="grid min-w-0 gap-0.5">
        <p className="flex flex-wrap items-center gap-2">
          <span className="font-medium">{subscription.plan.name}</span>
          <SubscriptionStatusBadge subscription={subscription} />
        </p>
        <p className="text-sm text-muted">
          {subscriptionPrice(subscription)}
          {'. '}
          {course(subscription)}
        </p>
        <CopyableCode value={subscription.id} label="Copy subscription id" />
      </div>
      {cancelable ? (
        <>
          <Button size="sm" onClick={() => setCanceling(true)}>
            Cancel subscription
          </Button>
          <CancelSubscriptionDialog
            subscription={subscription}
            open={canceling}
            onOpenChange={setCanceling}
          />
        </>
      ) : null}
    </li>
  );
}

/** What happens next, or what happened last, in one sentence. */
function course({ status, cancel_at, ended_at, current_period_end }: Subscription): string {
  if (ended_at) return `Ended ${formatDay(ended_at)}.`;
  if (cancel_at) return `Ends ${formatDay(cancel_at)}.`;
  if (status === 'past_due') return 'The last payment failed.';
  if (status === 'incomplete') return 'Waiting for the first payment.';
  if (current_period_end) return `Renews ${formatDay(current_period_end)}.`;
  return '';
}
