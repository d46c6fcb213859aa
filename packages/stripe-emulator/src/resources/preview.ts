import { StripeError } from '../http/errors.ts';
import { clearable, flag, list, oneOf, shape, text, whole, type Params } from '../http/params.ts';
import { randomText } from '../state/ids.ts';
import type { Context } from '../state/context.ts';
import { idOf, idOrNull } from '../state/listed.ts';
import type { Invoice, Subscription } from '../state/tables.ts';
import { cancelNow, updateSubscription } from './change-subscription.ts';
import { createSubscription } from './create-subscription.ts';
import { discountsField, redeemAll } from './discounts.ts';
import { Rehearsed } from './draft-invoices.ts';
import { createInvoiceItem } from './invoice-items.ts';
import { anchorField, changedItemsField } from './plan-changes.ts';
import { nextPeriodEnd, passPeriodEnd } from './subscription-billing.ts';
import {
  createForCustomer,
  passPhase,
  phaseField,
  scheduleDue,
  updateSchedule,
} from './subscription-schedules.ts';
import { automaticTaxField, taxRatesField } from './tax-rates.ts';
import { passTrialEnd, trialFields } from './trials.ts';

export const previewFields = {
  automatic_tax: automaticTaxField,
  currency: text,
  customer: text,
  discounts: discountsField,
  invoice_items: list(
    shape({
      amount: whole,
      currency: text,
      description: text,
      discountable: flag,
      price: text,
      quantity: whole,
      tax_rates: taxRatesField,
    }),
  ),
  preview_mode: oneOf('next'),
  schedule: text,
  schedule_details: shape({
    end_behavior: oneOf('cancel', 'release'),
    phases: list(phaseField),
    proration_behavior: oneOf('none', 'create_prorations', 'always_invoice'),
  }),
  subscription: text,
  subscription_details: shape({
    billing_cycle_anchor: anchorField,
    cancel_at: clearable(whole),
    cancel_at_period_end: flag,
    cancel_now: flag,
    default_tax_rates: taxRatesField,
    items: changedItemsField,
    proration_behavior: oneOf('none', 'create_prorations', 'always_invoice'),
    proration_date: whole,
    trial_end: trialFields.trial_end,
  }),
};

type PreviewParams = Params<typeof previewFields>;

/**
 * The invoice that a change would make now, or else the next one. The change itself is carried out and
 * undone, so what is previewed is what is charged.
 */
export function previewInvoice(context: Context, params: PreviewParams): Invoice {
  try {
    context.rehearse((rehearsal) => {
      if (params.schedule !== undefined || params.schedule_details !== undefined)
        previewSchedule(rehearsal, params);
      else if (params.subscription === undefined) previewNew(rehearsal, params);
      else previewChange(rehearsal, params.subscription, params);
    });
  } catch (error) {
    if (error instanceof Rehearsed) return upcoming(error.draft);
    throw error;
  }
  throw new StripeError(404, {
    type: 'invalid_request_error',
    code: 'invoice_upcoming_none',
    message: 'No upcoming invoices for this subscription.',
  });
}

function upcoming(draft: Invoice): Invoice {
  const id = `upcoming_in_${randomText(24)}`;
  const data = draft.lines.data.map((line) => ({ ...line, invoice: id }));
  return { ...draft, id, lines: { ...draft.lines, data, url: `/v1/invoices/${id}/lines` } };
}

function previewNew(context: Context, params: PreviewParams): void {
  const customer = params.customer ?? '';
  context.find('customer', customer, 'customer');
  addItems(context, customer, params);
  const details = params.subscription_details;
  createSubscription(
    context,
    {
      customer,
      automatic_tax: params.automatic_tax,
      currency: params.currency,
      default_tax_rates: details?.default_tax_rates,
      discounts: params.discounts,
      items: details?.items ?? [],
      payment_behavior: 'default_incomplete',
      trial_end: details?.trial_end,
    },
    false,
  );
}

/** What a schedule bills next, one that exists or one as it would be made. */
function previewSchedule(context: Context, params: PreviewParams): void {
  const details = params.schedule_details ?? {};
  const schedule =
    params.schedule === undefined
      ? createForCustomer(context, { ...details, customer: params.customer })
      : updateSchedule(context, params.schedule, details);
  const subscription = idOrNull(schedule.subscription);
  if (subscription !== null) renew(context, subscription);
  else context.at(scheduleDue(schedule), (then) => passPhase(then, schedule));
}

function previewChange(context: Context, id: string, params: PreviewParams): void {
  const subscription = context.find('subscription', id, 'subscription');
  addItems(context, idOf(subscription.customer), params);
  if (params.discounts !== undefined) discount(context, subscription, params.discounts ?? []);
  const details = params.subscription_details;
  if (details?.cancel_now === true) {
    const prorate = details.proration_behavior !== 'none';
    cancelNow(context, id, { invoice_now: true, prorate });
    return;
  }
  if (details !== undefined) {
    updateSubscription(context, id, {
      billing_cycle_anchor: details.billing_cycle_anchor,
      automatic_tax: params.automatic_tax,
      cancel_at: details.cancel_at,
      default_tax_rates: details.default_tax_rates,
      cancel_at_period_end: details.cancel_at_period_end,
      items: details.items,
      proration_behavior: details.proration_behavior,
      proration_date: details.proration_date,
      trial_end: details.trial_end,
    });
  }
  renew(context, id);
}

/** The renewal, as it will come when the period ends; what a schedule changes until then comes first. */
function renew(context: Context, id: string): void {
  const subscription = context.find('subscription', id);
  if (subscription.status === 'canceled') return;
  const at = nextPeriodEnd(subscription);
  const schedule = context.data.get('subscription_schedule', idOrNull(subscription.schedule) ?? '');
  const changes = schedule === undefined ? Infinity : scheduleDue(schedule);
  if (schedule !== undefined && changes <= at) {
    context.at(changes, (then) => passPhase(then, schedule));
    renew(context, id);
    return;
  }
  context.at(at, (then) => {
    if (subscription.status === 'trialing') passTrialEnd(then, subscription);
    else passPeriodEnd(then, subscription);
  });
}

function discount(
  context: Context,
  subscription: Subscription,
  sent: NonNullable<PreviewParams['discounts']>,
): void {
  const holder = {
    customer: idOf(subscription.customer),
    subscription: subscription.id,
    checkout_session: null,
  };
  const discounts = redeemAll(context, sent, holder);
  context.data.put('subscription', { ...subscription, discounts });
}

function addItems(context: Context, customer: string, params: PreviewParams): void {
  for (const item of params.invoice_items ?? []) createInvoiceItem(context, { ...item, customer });
}
