import { Badge, type BadgeTone } from '@billingos/ui/components/badge';
import type { Subscription, SubscriptionStatus } from '../../api/types.ts';

const words: Record<SubscriptionStatus, { label: string; tone: BadgeTone }> = {
  incomplete: { label: 'Incomplete', tone: 'warning' },
  incomplete_expired: { label: 'Expired', tone: 'neutral' },
  trialing: { label: 'Trialing', tone: 'accent' },
  active: { label: 'Active', tone: 'success' },
  past_due: { label: 'Past due', tone: 'danger' },
  unpaid: { label: 'Unpaid', tone: 'danger' },
  paused: { label: 'Paused', tone: 'neutral' },
  canceled: { label: 'Canceled', tone: 'neutral' },
};

export const subscriptionStatuses = Object.entries(words).map(([value, { label }]) => ({ value, label }));

/** The state in a word; one that runs but will end says so instead. */
export function SubscriptionStatusBadge({ subscription }: { subscription: Subscription }) {
  const { label, tone } = words[subscription.status];
  const ending = subscription.cancel_at !== null && !isOver(subscription);
  return <Badge tone={ending ? 'warning' : tone}>{ending ? 'Cancels' : label}</Badge>;
}

/** Ended for good: nothing can be done with it any more. */
export function isOver({ status }: Subscription): boolean {
  return status === 'canceled' || status === 'incomplete_expired';
}
