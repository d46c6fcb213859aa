import type { SubscriptionStatus } from '../../stripe/stripe.subscription-state.ts';

/** A subscription that has begun and not ended, paid for or not. At most one in a group of plans. */
export const runningStatuses = [
  'trialing',
  'active',
  'past_due',
  'unpaid',
  'paused',
] as const satisfies SubscriptionStatus[];

/** What a subscription's state means for what its customer may do. */
export type Access = 'granted' | 'withheld' | 'none';

/**
 * Paid, on trial, or late within the time that payment recovery takes: granted. Given up on or paused: withheld, and
 * a check says past_due or subscription_paused. Not begun or ended: none. Canceled at period end stays active, hence granted, to the end.
 */
export function accessOf(status: SubscriptionStatus): Access {
  switch (status) {
    case 'trialing':
    case 'active':
    case 'past_due':
      return 'granted';
    case 'unpaid':
    case 'paused':
      return 'withheld';
    case 'incomplete':
    case 'incomplete_expired':
    case 'canceled':
      return 'none';
  }
}

export function isRunning(status: SubscriptionStatus): boolean {
  return accessOf(status) !== 'none';
}

/** Why access is withheld though the subscription runs: late beyond the grace policy, or its payment is disputed. */
export const suspensions = ['past_due', 'disputed'] as const;
export type Suspension = (typeof suspensions)[number];
