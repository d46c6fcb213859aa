import { invalid, missing } from '../http/errors.ts';
import {
  clearable,
  flag,
  mergedMetadata,
  metadata,
  oneOf,
  required,
  shape,
  text,
  whole,
  type Params,
} from '../http/params.ts';
import type { Context } from '../state/context.ts';
import { idOf, idOrNull } from '../state/listed.ts';
import type { Subscription } from '../state/tables.ts';
import { billChange } from './bill-change.ts';
import { ownMethod, paymentSettings } from './create-subscription.ts';
import { discountsField, redeemAll } from './discounts.ts';
import { pendingItems, recordDraft } from './draft-invoices.ts';
import { collect, finalize, voidInvoice } from './invoice-states.ts';
import { anchorField, changedItemsField, planned, restarted } from './plan-changes.ts';
import { billUsageSoFar, prorate } from './prorations.ts';
import { nextPeriodEnd } from './subscription-billing.ts';
import { endSubscription, saveSubscription } from './subscription-states.ts';
import { automaticTaxOf } from './subscription-object.ts';
import { automaticTaxField, ratesOf, taxRatesField } from './tax-rates.ts';
import { trialFields, trialSettings } from './trials.ts';

const cancellationDetails = shape({
  comment: clearable(text),
  feedback: clearable(
    oneOf(
      'customer_service',
      'low_quality',
      'missing_features',
      'other',
      'switched_service',
      'too_complex',
      'too_expensive',
      'unused',
    ),
  ),
});
export const updateFields = {
  automatic_tax: automaticTaxField,
  billing_cycle_anchor: anchorField,
  cancel_at: clearable(whole),
  cancel_at_period_end: flag,
  cancellation_details: cancellationDetails,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  days_until_due: whole,
  default_payment_method: clearable(text),
  default_tax_rates: taxRatesField,
  description: clearable(text),
  discounts: discountsField,
  items: changedItemsField,
  metadata,
  off_session: flag,
  pause_collection: clearable(
    shape({ behavior: required(oneOf('keep_as_draft', 'mark_uncollectible', 'void')), resumes_at: whole }),
  ),
  payment_behavior: oneOf(
    'allow_incomplete',
    'default_incomplete',
    'error_if_incomplete',
    'pending_if_incomplete',
  ),
  payment_settings: paymentSettings,
  proration_behavior: oneOf('none', 'create_prorations', 'always_invoice'),
  proration_date: whole,
  trial_end: trialFields.trial_end,
  trial_settings: trialFields.trial_settings,
};
export const cancelFields = { cancellation_details: cancellationDetails, invoice_now: flag, prorate: flag };

/** Changes a running subscription; absent parameters keep what is stored. */
export function updateSubscription(
  context: Context,
  id: string,
  params: Params<typeof updateFields>,
): Subscription {
  const before = context.find('subscription', id);
  if (before.status === 'canceled' || before.status === 'incomplete_expired') {
    throw invalid('A canceled subscription can only update its cancellation_details and metadata.', 'id');
  }
  const method = params.default_payment_method;
  const ends = cancellation(context, before, params);
  if (before.schedule !== null && movesEnd(before, ends)) {
    throw invalid(
      `The subscription is managed by the subscription schedule \`${idOf(before.schedule)}\`, and updating any cancelation behavior directly is not allowed. Please update the schedule instead.`,
    );
  }
  const changed: Subscription = {
    ...before,
    ...ends,
    collection_method: params.collection_method ?? before.collection_method,
    days_until_due: params.days_until_due ?? before.days_until_due,
    default_payment_method:
      typeof method === 'string'
        ? ownMethod(context, method, idOf(before.customer)).id
        : method === null
          ? null
          : before.default_payment_method,
    automatic_tax:
      params.automatic_tax === undefined
        ? before.automatic_tax
        : automaticTaxOf(params.automatic_tax.enabled),
    default_tax_rates:
      params.default_tax_rates === undefined
        ? before.default_tax_rates
        : ratesOf(context, params.default_tax_rates, 'default_tax_rates'),
    description: params.description === undefined ? before.description : params.description,
    discounts:
      params.discounts === undefined ? before.discounts : discounted(context, before, params.discounts ?? []),
    metadata: mergedMetadata(before.metadata, params.metadata),
    trial_settings:
      params.trial_settings === undefined ? before.trial_settings : trialSettings(params.trial_settings),
    pause_collection:
      params.pause_collection === undefined
        ? before.pause_collection
        : params.pause_collection === null
          ? null
          : {
              behavior: params.pause_collection.behavior,
              resumes_at: params.pause_collection.resumes_at ?? null,
            },
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      ...before.payment_settings,
      save_default_payment_method:
        params.payment_settings?.save_default_payment_method ??
        before.payment_settings?.save_default_payment_method ??
        'off',
    },
  };
  const plan = planned(context, changed, {
    items: params.items,
    anchor: params.billing_cycle_anchor?.type,
    trial_end: params.trial_end,
  });
  if (plan === undefined) return saveSubscription(context, before, changed);
  return billChange(context, before, plan.after, {
    proration: params.proration_behavior ?? 'create_prorations',
    at: prorationDate(context, before, params.proration_date),
    payment: params.payment_behavior ?? 'allow_incomplete',
    offSession: params.off_session ?? false,
    restarts: plan.restarts,
  });
}

/** The moment a change counts from; it must lie within the current period. */
function prorationDate(context: Context, subscription: Subscription, sent: number | undefined): number {
  const start = Math.min(...subscription.items.data.map((item) => item.current_period_start));
  if (sent !== undefined && (sent < start || sent > nextPeriodEnd(subscription)))
    throw invalid('`proration_date` must be within the current period.', 'proration_date');
  return sent ?? context.now;
}

/** The ids of the discounts that were sent; those that stay keep theirs. */
function discounted(
  context: Context,
  { customer, id }: Subscription,
  sent: NonNullable<Params<typeof updateFields>['discounts']>,
): string[] {
  return redeemAll(context, sent, { customer: idOf(customer), subscription: id, checkout_session: null });
}

function movesEnd(before: Subscription, ends: Partial<Subscription>): boolean {
  return ends.cancel_at !== undefined && ends.cancel_at !== before.cancel_at;
}

/** The fields by which a planned end is set, moved or taken back. */
function cancellation(
  context: Context,
  before: Subscription,
  params: Params<typeof updateFields>,
): Partial<Subscription> {
  const details = { ...before.cancellation_details, ...params.cancellation_details };
  const told = {
    comment: details.comment ?? null,
    feedback: details.feedback ?? null,
    feedback_option: null,
    reason: before.cancellation_details?.reason ?? null,
  };
  const asked = { ...told, reason: 'cancellation_requested' };
  if (params.cancel_at_period_end === true) {
    return {
      cancel_at_period_end: true,
      cancel_at: nextPeriodEnd(before),
      canceled_at: context.now,
      cancellation_details: asked,
    };
  }
  if (typeof params.cancel_at === 'number') {
    if (params.cancel_at <= context.now) throw invalid('`cancel_at` must be in the future.', 'cancel_at');
    return {
      cancel_at_period_end: false,
      cancel_at: params.cancel_at,
      canceled_at: context.now,
      cancellation_details: asked,
    };
  }
  if (params.cancel_at_period_end === false || params.cancel_at === null) {
    return {
      cancel_at_period_end: false,
      cancel_at: null,
      canceled_at: null,
      cancellation_details: { ...told, reason: null },
    };
  }
  return params.cancellation_details === undefined ? {} : { cancellation_details: told };
}

/** Ends a subscription at once; one that was never paid takes its invoice with it. */
export function cancelNow(context: Context, id: string, params: Params<typeof cancelFields>): Subscription {
  const subscription = context.find('subscription', id);
  if (subscription.status === 'canceled' || subscription.status === 'incomplete_expired') {
    throw missing('subscription', id);
  }
  const latest = idOrNull(subscription.latest_invoice);
  const invoice = latest === null ? undefined : context.data.get('invoice', latest);
  if (subscription.status === 'incomplete' && invoice?.status === 'open') {
    voidInvoice(context, invoice);
    return context.find('subscription', id);
  }
  billLast(context, subscription, params);
  return endSubscription(context, context.find('subscription', id), context.now, {
    comment: params.cancellation_details?.comment ?? subscription.cancellation_details?.comment ?? null,
    feedback: params.cancellation_details?.feedback ?? subscription.cancellation_details?.feedback ?? null,
  });
}

/**
 * Credits unused time and charges usage so far, as was asked; on an invoice now, or on the next one. What was used in a
 * trial is not charged, and where there is nothing to say there is no invoice.
 */
function billLast(context: Context, before: Subscription, params: Params<typeof cancelFields>): void {
  const after: Subscription = { ...before, items: { ...before.items, data: [] } };
  const change = { before, after, at: context.now, restarts: true };
  if (params.prorate === true) prorate(context, change);
  if (params.invoice_now !== true) return;
  if (before.status !== 'trialing') billUsageSoFar(context, change);
  const customer = context.find('customer', idOf(before.customer));
  const { currency } = before;
  if (pendingItems(context, { customer, currency, subscription: before }).length === 0) return;
  const draft = recordDraft(context, {
    customer,
    subscription: before,
    billing_reason: 'subscription_update',
    period: { start: context.now, end: context.now },
    lines: [],
    finalizes_at: null,
  });
  const invoice = finalize(context, draft);
  if (invoice.status === 'open' && invoice.collection_method === 'charge_automatically')
    collect(context, invoice, { method: undefined, offSession: true, authenticated: false });
  saveSubscription(context, before, { latest_invoice: draft.id });
}

export const resumeFields = {
  billing_cycle_anchor: shape({ type: required(oneOf('now')) }),
  payment_behavior: oneOf('resume_on_payment_attempt', 'resume_on_payment_success'),
};

/** A paused subscription runs again, with a new period that is billed now. */
export function resumeSubscription(
  context: Context,
  id: string,
  params: Params<typeof resumeFields>,
): Subscription {
  const before = context.find('subscription', id);
  if (before.status !== 'paused')
    throw invalid('Only a paused subscription can be resumed.', 'id', 'resource_invalid_state');
  const items = before.items.data.map((item) => restarted(item, context.now));
  const running: Subscription = {
    ...before,
    status: 'active',
    items: { ...before.items, data: items },
    billing_cycle_anchor: context.now,
  };
  const after = billChange(context, before, running, {
    proration: 'none',
    at: context.now,
    payment:
      params.payment_behavior === 'resume_on_payment_success' ? 'pending_if_incomplete' : 'allow_incomplete',
    offSession: false,
    restarts: true,
  });
  if (after.status === 'active') context.emit('customer.subscription.resumed', after);
  return after;
}
