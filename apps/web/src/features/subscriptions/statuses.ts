import type { BadgeTone } from '@billingos/ui/components/badge';
import type { SubscriptionStatus } from '../../api/types.ts';

export const statusWords: Record<SubscriptionStatus, { label: string; tone: BadgeTone }> = {
  incomplete: { label: 'Incomplete', tone: 'warning' },
  incomplete_expired: { label: 'Expired', tone: 'neutral' },
  trialing: { label: 'Trialing', tone: 'accent' },
  active: { label: 'Active', tone: 'success' },
  past_due: { label: 'Past due', tone: 'danger' },
  unpaid: { label: 'Unpaid', tone: 'danger' },
  paused: { label: 'Paused', tone: 'neutral' },
  canceled: { label: 'Canceled', tone: 'neutral' },
};

/** What a list can be narrowed to; "running" is every status that still bills. */
export const statusFilters = [
  'running',
  'trialing',
  'active',
  'past_due',
  'unpaid',
  'paused',
  'incomplete',
  'incomplete_expired',
  'canceled',
] as const satisfies readonly (SubscriptionStatus | 'running')[];

export type StatusFilter = (typeof statusFilters)[number];
