import { invalid } from '../http/errors.ts';
import { oneOf, required, shape, whole, type Field, type Params } from '../http/params.ts';
import type { Context } from '../state/context.ts';
import { idOf, idOrNull } from '../state/listed.ts';
import type { Dataset } from '../state/store.ts';
import type { Subscription } from '../state/tables.ts';
import { passPeriodEnd } from './subscription-billing.ts';
import { endSubscription, saveSubscription } from './subscription-states.ts';

/** Stripe announces the end of a trial three days before it, or at once when the trial is shorter. */
export const TRIAL_NOTICE_SECONDS = 3 * 86_400;

/** A moment in seconds, or the word `now`. */
const momentOrNow: Field<number | 'now'> = {
  read: (form, name) => (form === 'now' ? 'now' : whole.read(form, name)),
};

/** What is asked of a trial when a subscription is made or changed. */
export const trialFields = {
  trial_end: momentOrNow,
  trial_period_days: whole,
  trial_settings: shape({
    end_behavior: required(
      shape({ missing_payment_method: required(oneOf('cancel', 'create_invoice', 'pause')) }),
    ),
  }),
};

/** When the trial that is asked for ends, in seconds; null without one. */
export function trialEndOf(context: Context, params: Params<typeof trialFields>): number | null {
  if (params.trial_end !== undefined && params.trial_period_days !== undefined) {
    throw invalid('You may only specify one of these parameters: trial_end, trial_period_days.', 'trial_end');
  }
  if (params.trial_period_days !== undefined)
    return params.trial_period_days < 1 ? null : context.now + params.trial_period_days * 86_400;
  if (params.trial_end === undefined || params.trial_end === 'now') return null;
  if (params.trial_end <= context.now)
    throw invalid('Invalid timestamp: must be an integer Unix timestamp in the future.', 'trial_end');
  return params.trial_end;
}

/** How a trial ends without a payment method, as stored on the subscription. */
export function trialSettings(
  sent: Params<typeof trialFields>['trial_settings'],
): NonNullable<Subscription['trial_settings']> {
  return {
    end_behavior: {
      billing_cycle_anchor: null,
      missing_payment_method: sent?.end_behavior.missing_payment_method ?? 'create_invoice',
    },
  };
}

/** Whether the end of the trial, as it is set now, was announced. */
export function isAnnounced(data: Dataset, subscription: Subscription): boolean {
  return data.get('_trial_notice', subscription.id)?.trial_end === subscription.trial_end;
}

export function announceTrialEnd(context: Context, subscription: Subscription): void {
  context.data.put('_trial_notice', { id: subscription.id, trial_end: subscription.trial_end });
  context.emit('customer.subscription.trial_will_end', subscription);
}

/** The trial is over: the first paid period begins, unless nobody left a way to pay for it. */
export function passTrialEnd(context: Context, subscription: Subscription): void {
  const missing = subscription.trial_settings?.end_behavior.missing_payment_method;
  const ends = (subscription.cancel_at ?? Infinity) <= context.now;
  if (!ends && missing !== 'create_invoice' && !canPay(context, subscription)) {
    if (missing === 'cancel') endSubscription(context, subscription, context.now);
    else pause(context, subscription);
    return;
  }
  passPeriodEnd(context, subscription);
}

function pause(context: Context, subscription: Subscription): void {
  const paused = saveSubscription(context, subscription, { status: 'paused' });
  context.emit('customer.subscription.paused', paused);
}

function canPay(context: Context, subscription: Subscription): boolean {
  const customer = context.find('customer', idOf(subscription.customer));
  return (
    idOrNull(subscription.default_payment_method) !== null ||
    idOrNull(customer.invoice_settings.default_payment_method) !== null
  );
}
