'use client';

import { Button } from '@billingos/ui/components/button';
import { CopyableCode } from '@billingos/ui/components/copy-button';
import Link from 'next/link';
import { useState } from 'react';
import type { Subscription } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { CancelSubscriptionDialog } from './cancel-subscription-dialog.tsx';
import { courseOf } from './course.ts';
import { subscriptionPrice } from './subscription-price.ts';
import { isOver, SubscriptionStatusBadge } from './subscription-status.tsx';

export function SubscriptionItem({ subscription }: { subscription: Subscription }) {
  const { can, href } = useEnvironment();
  const [canceling, setCanceling] = useState(false);
  const cancelable = can('subscriptions:write') && !isOver(subscription);
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 py-3">
      <div className="grid min-w-0 gap-0.5">
        <p className="flex flex-wrap items-center gap-2">
          <Link
            href={href(`subscriptions/${subscription.id}`)}
            className="rounded-sm font-medium hover:underline"
          >
            {subscription.plan.name}
          </Link>
          <SubscriptionStatusBadge subscription={subscription} />
        </p>
        <p className="text-sm text-muted">
          {subscriptionPrice(subscription)}
          {'. '}
          {courseOf(subscription)}
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
