import type { Context } from '../state/context.ts';
import type { Recovery, Subscription } from '../state/tables.ts';
import { endSubscription, saveSubscription } from './subscription-states.ts';

const DAY = 86_400;

/** No retries: a refused renewal stays past due until it is paid. */
const NO_RECOVERY: Recovery = { id: 'recovery', retry_after_days: [], outcome: 'past_due' };

/** How refused renewals are retried; a setting of the whole emulator, as it is of a Stripe account. */
function recoveryOf(context: Context): Recovery {
  return context.store.dataset('test', null).get('_recovery', 'recovery') ?? NO_RECOVERY;
}

/** When the next attempt is due after `attempts` refused ones; null when there is none. */
export function nextAttempt(context: Context, attempts: number): number | null {
  const days = recoveryOf(context).retry_after_days[attempts - 1];
  return days === undefined ? null : context.now + days * DAY;
}

/** After the last refused attempt the subscription ends or becomes unpaid, as the setting has it. */
export function giveUp(context: Context, subscription: Subscription): void {
  const { outcome, retry_after_days: retries } = recoveryOf(context);
  if (retries.length === 0) return;
  if (outcome === 'cancel') endSubscription(context, subscription, context.now, { reason: 'payment_failed' });
  if (outcome === 'unpaid') saveSubscription(context, subscription, { status: 'unpaid' });
}
