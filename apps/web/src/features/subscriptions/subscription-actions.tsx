'use client';

import { Button } from '@billingos/ui/components/button';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from '@billingos/ui/components/dropdown-menu';
import { Ellipsis } from 'lucide-react';
import { useState } from 'react';
import { unwrap } from '../../api/client.ts';
import type { Subscription } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { CancelSubscriptionDialog } from './cancel-subscription-dialog.tsx';
import { ChangeSubscriptionDialog } from './change-subscription-dialog.tsx';
import { ExtendTrialDialog } from './extend-trial-dialog.tsx';
import { useSubscriptionAction } from './use-subscription-action.ts';

/** What can be done with a running subscription. */
export function SubscriptionActions({ subscription }: { subscription: Subscription }) {
  const { api } = useEnvironment();
  const [canceling, setCanceling] = useState(false);
  const [extending, setExtending] = useState(false);
  const path = { params: { path: { id: subscription.id } } };
  const pause = useSubscriptionAction(subscription, 'Paused', () =>
    unwrap(api.client.POST('/api/v1/subscriptions/{id}/pause', { ...path, body: {} })),
  );
  const resume = useSubscriptionAction(subscription, 'It goes on', () =>
    unwrap(api.client.POST('/api/v1/subscriptions/{id}/resume', path)),
  );
  const endTrial = useSubscriptionAction(subscription, 'The trial has ended, the first period is paid', () =>
    unwrap(api.client.POST('/api/v1/subscriptions/{id}/end-trial', path)),
  );
  const { status, cancel_at, provider } = subscription;
  const isStripe = provider === 'stripe';
  const stopped = status === 'paused' || cancel_at !== null;
  return (
    <>
      {isStripe && stopped ? (
        <Button pending={resume.isPending} onClick={() => resume.mutate()}>
          {status === 'paused' ? 'Resume' : 'Keep it'}
        </Button>
      ) : null}
      {isStripe && status !== 'paused' ? <ChangeSubscriptionDialog subscription={subscription} /> : null}
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <Button aria-label="More actions">
            <Ellipsis aria-hidden />
          </Button>
        </DropdownMenuTrigger>
        <DropdownMenuContent align="end">
          {status === 'trialing' && isStripe ? (
            <>
              <DropdownMenuItem onSelect={() => setExtending(true)}>
                Move the end of the trial…
              </DropdownMenuItem>
              <DropdownMenuItem onSelect={() => endTrial.mutate()}>End the trial and charge</DropdownMenuItem>
            </>
          ) : null}
          {isStripe && (status === 'active' || status === 'trialing') ? (
            <DropdownMenuItem onSelect={() => pause.mutate()}>Pause</DropdownMenuItem>
          ) : null}
          <DropdownMenuItem danger onSelect={() => setCanceling(true)}>
            Cancel subscription…
          </DropdownMenuItem>
        </DropdownMenuContent>
      </DropdownMenu>
      <CancelSubscriptionDialog subscription={subscription} open={canceling} onOpenChange={setCanceling} />
      <ExtendTrialDialog subscription={subscription} open={extending} onOpenChange={setExtending} />
    </>
  );
}
