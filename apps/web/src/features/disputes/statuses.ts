import type { BadgeTone } from '@billingos/ui/components/badge';
import type { Dispute } from '../../api/types.ts';

/** Stripe's states in words. A warning is an inquiry: no money has moved yet. */
export const statusWords: Record<Dispute['status'], { label: string; tone: BadgeTone }> = {
  warning_needs_response: { label: 'Inquiry, needs an answer', tone: 'danger' },
  warning_under_review: { label: 'Inquiry under review', tone: 'warning' },
  warning_closed: { label: 'Inquiry closed', tone: 'neutral' },
  needs_response: { label: 'Needs an answer', tone: 'danger' },
  under_review: { label: 'Under review', tone: 'warning' },
  appeal_needs_response: { label: 'Appeal, needs an answer', tone: 'danger' },
  appeal_under_review: { label: 'Appeal under review', tone: 'warning' },
  won: { label: 'Won', tone: 'success' },
  lost: { label: 'Lost', tone: 'neutral' },
  prevented: { label: 'Prevented', tone: 'neutral' },
};

/** Whether the bank still waits for the merchant. */
export function needsAnswer({ status }: Pick<Dispute, 'status'>): boolean {
  return status.endsWith('needs_response');
}
