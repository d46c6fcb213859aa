'use client';

import { Button } from '@billingos/ui/components/button';
import { Notice } from '@billingos/ui/components/notice';
import { textLink } from '@billingos/ui/text-link';
import Link from 'next/link';
import { unwrap } from '../../api/client.ts';
import type { Subscription } from '../../api/types.ts';
import { formatDay } from '../../formatting/dates.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { useSubscriptionAction } from './use-subscription-action.ts';

const withheld = {
  past_due: 'A payment has been missing for longer than you give. Access is withheld until it is paid.',
  disputed: 'A payment is disputed. Access is withheld until that is decided.',
} as const;

/** What is out of the ordinary, and what can be done about it. */
export function SubscriptionNotices({ subscription }: { subscription: Subscription }) {
  const { api, can, href } = useEnvironment();
  const undo = useSubscriptionAction(subscription, 'The change was taken back', () =>
    unwrap(
      api.client.DELETE('/api/v1/subscriptions/{id}/scheduled-change', {
        params: { path: { id: subscription.id } },
      }),
    ),
  );
  const { scheduled_change: change, suspension, past_due_since, duplicate_of } = subscription;
  return (
    <>
      {duplicate_of ? (
        <Notice tone="warning">
          Paid beside{' '}
          <Link href={href(`subscriptions/${duplicate_of}`)} className={textLink}>
            another subscription of the same group
          </Link>
          . It grants nothing; cancel one of them.
        </Notice>
      ) : null}
      {suspension ? (
        <Notice tone="danger">{withheld[suspension]}</Notice>
      ) : past_due_since ? (
        <Notice tone="warning">A payment failed on {formatDay(past_due_since)}. Access stays for now.</Notice>
      ) : null}
      {change ? (
        <Notice className="flex flex-wrap items-center justify-between gap-2">
          <span>
            Changes to {change.plan.name} on {formatDay(change.effective_at)}.
          </span>
          {can('subscriptions:write') ? (
            <Button size="sm" pending={undo.isPending} onClick={() => undo.mutate()}>
              Take back
            </Button>
          ) : null}
        </Notice>
      ) : null}
    </>
  );
}
