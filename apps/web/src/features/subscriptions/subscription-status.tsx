import { Badge } from '@billingos/ui/components/badge';
import type { Subscription } from '../../api/types.ts';
import { statusWords } from './statuses.ts';

/** The state in a word; one that runs but will end says so instead. */
export function SubscriptionStatusBadge({ subscription }: { subscription: Subscription }) {
  const { label, tone } = statusWords[subscription.status];
  const ending = subscription.cancel_at !== null && !isOver(subscription);
  return <Badge tone={ending ? 'warning' : tone}>{ending ? 'Cancels' : label}</Badge>;
}

/** Ended for good: nothing can be done with it any more. */
export function isOver({ status }: Subscription): boolean {
  return status === 'canceled' || status === 'incomplete_expired';
}
