import type { Context } from '../state/context.ts';
import { idOf, idOrNull } from '../state/listed.ts';
import type { Subscription } from '../state/tables.ts';
import { refreshGrant, settleEntitlements } from './active-entitlements.ts';

/** Stores a changed subscription, reports the difference and lets entitlements follow. */
export function saveSubscription(
  context: Context,
  before: Subscription,
  changes: Partial<Subscription>,
): Subscription {
  const after = { ...before, ...changes };
  context.data.put('subscription', after);
  context.emitUpdate('customer.subscription.updated', before, after);
  settleEntitlements(context, idOf(after.customer));
  return after;
}

/**
 * The subscription is paid for: incomplete and past due ones become active. The method that paid becomes its
 * own where it was made with `save_default_payment_method: on_subscription`.
 */
export function activate(context: Context, subscription: Subscription, method: string | null): Subscription {
  if (!['incomplete', 'past_due', 'unpaid'].includes(subscription.status)) return subscription;
  if (subscription.status === 'incomplete') refreshGrant(context, subscription);
  const keeps = subscription.payment_settings?.save_default_payment_method === 'on_subscription';
  return saveSubscription(context, subscription, {
    status: 'active',
    ...(keeps && method !== null ? { default_payment_method: method } : {}),
  });
}

/** A renewal was not paid. An incomplete subscription stays incomplete. */
export function fallBehind(context: Context, subscription: Subscription): Subscription {
  return subscription.status === 'active' || subscription.status === 'trialing'
    ? saveSubscription(context, subscription, { status: 'past_due' })
    : subscription;
}

/** Ends a subscription at `at`. It never runs again; its open invoices stay to be paid or voided. */
export function endSubscription(
  context: Context,
  subscription: Subscription,
  at: number,
  details: Partial<NonNullable<Subscription['cancellation_details']>> = {},
): Subscription {
  const ended: Subscription = {
    ...subscription,
    status: 'canceled',
    cancel_at_period_end: false,
    canceled_at: subscription.canceled_at ?? at,
    ended_at: at,
    cancellation_details: {
      comment: subscription.cancellation_details?.comment ?? null,
      feedback: subscription.cancellation_details?.feedback ?? null,
      feedback_option: null,
      reason: 'cancellation_requested',
      ...details,
    },
  };
  context.data.put('subscription', ended);
  endSchedule(context, ended, at);
  context.emit('customer.subscription.deleted', ended);
  settleEntitlements(context, idOf(ended.customer));
  return ended;
}

/** Ends a subscription whose first invoice was never paid. */
export function expireIncomplete(context: Context, subscription: Subscription): Subscription {
  return saveSubscription(context, subscription, { status: 'incomplete_expired', ended_at: context.now });
}

/** A schedule ends with the subscription it led. */
function endSchedule(context: Context, ended: Subscription, at: number): void {
  const schedule = context.data.get('subscription_schedule', idOrNull(ended.schedule) ?? '');
  if (schedule?.status !== 'active') return;
  const canceled = { ...schedule, status: 'canceled', canceled_at: at, current_phase: null };
  context.data.put('subscription_schedule', canceled);
  context.emit('subscription_schedule.canceled', canceled);
}
