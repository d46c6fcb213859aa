import type { Subscription } from '../../api/types.ts';
import { formatDay } from '../../formatting/dates.ts';

type Course = Pick<
  Subscription,
  'status' | 'cancel_at' | 'ended_at' | 'trial_end' | 'resumes_at' | 'current_period_end'
>;

/** What happens next, or what happened last, in one sentence. */
export function courseOf(subscription: Course): string {
  const { status, cancel_at, ended_at, trial_end, resumes_at, current_period_end } = subscription;
  if (ended_at) return `Ended ${formatDay(ended_at)}.`;
  if (cancel_at) return `Ends ${formatDay(cancel_at)}.`;
  if (status === 'paused') return resumes_at ? `Paused until ${formatDay(resumes_at)}.` : 'Paused.';
  if (status === 'trialing' && trial_end) return `Trial until ${formatDay(trial_end)}.`;
  if (status === 'past_due' || status === 'unpaid') return 'The last payment failed.';
  if (status === 'incomplete') return 'Waiting for the first payment.';
  return `Renews ${formatDay(current_period_end)}.`;
}
