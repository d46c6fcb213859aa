import { invalid, missing } from '../http/errors.ts';
import {
  clearable,
  flag,
  list,
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
import type { Subscription, SubscriptionItem } from '../state/tables.ts';
import { refreshGrant } from './active-entitlements.ts';
import { ownMethod, paymentSettings, recurringPrice } from './create-subscription.ts';
import { voidInvoice } from './invoice-states.ts';
import { nextPeriodEnd } from './subscription-billing.ts';
import { planOf } from './subscription-object.ts';
import { endSubscription, saveSubscription } from './subscription-states.ts';

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
  cancel_at: clearable(whole),
  cancel_at_period_end: flag,
  cancellation_details: cancellationDetails,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  days_until_due: whole,
  default_payment_method: clearable(text),
  description: clearable(text),
  items: list(shape({ id: text, metadata, price: text, quantity: whole })),
  metadata,
  off_session: flag,
  pause_collection: clearable(
    shape({ behavior: required(oneOf('keep_as_draft', 'mark_uncollectible', 'void')), resumes_at: whole }),
  ),
  payment_behavior: oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete'),
  payment_settings: paymentSettings,
  proration_behavior: oneOf('none', 'create_prorations', 'always_invoice'),
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
  const items =
    params.items === undefined
      ? before.items.data
      : changedItems(context, before, params.items, params.proration_behavior);
  const changed: Subscription = {
    ...before,
    ...cancellation(context, before, params),
    collection_method: params.collection_method ?? before.collection_method,
    days_until_due: params.days_until_due ?? before.days_until_due,
    default_payment_method:
      typeof method === 'string'
        ? ownMethod(context, method, idOf(before.customer)).id
        : method === null
          ? null
          : before.default_payment_method,
    description: params.description === undefined ? before.description : params.description,
    items: { ...before.items, data: items },
    metadata: mergedMetadata(before.metadata, params.metadata),
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
  if (params.items !== undefined) refreshGrant(context, changed);
  return saveSubscription(context, before, changed);
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

/** Items after a change of price or quantity that is not prorated. */
function changedItems(
  context: Context,
  subscription: Subscription,
  sent: NonNullable<Params<typeof updateFields>['items']>,
  proration: string | undefined,
): SubscriptionItem[] {
  if (proration !== 'none') {
    throw invalid(
      "This emulator does not prorate: items can be changed with `proration_behavior: 'none'` only.",
      'proration_behavior',
    );
  }
  const changes = new Map(sent.map((change) => [change.id ?? '', change]));
  for (const id of changes.keys()) {
    if (!subscription.items.data.some((item) => item.id === id))
      throw invalid(`No such subscription item: '${id}'`, 'items[id]', 'resource_missing');
  }
  return subscription.items.data.map((item) => {
    const change = changes.get(item.id);
    if (change === undefined) return item;
    const price = change.price === undefined ? item.price : recurringPrice(context, change.price);
    return {
      ...item,
      price,
      plan: planOf(price),
      quantity: change.quantity ?? item.quantity,
      metadata: mergedMetadata(item.metadata, change.metadata),
    };
  });
}

/** Ends a subscription at once; one that was never paid takes its invoice with it. */
export function cancelNow(context: Context, id: string, params: Params<typeof cancelFields>): Subscription {
  const subscription = context.find('subscription', id);
  if (subscription.status === 'canceled' || subscription.status === 'incomplete_expired') {
    throw missing('subscription', id);
  }
  if (params.invoice_now === true || params.prorate === true) {
    throw invalid('This emulator does not prorate: `invoice_now` and `prorate` are not served.', 'prorate');
  }
  const latest = idOrNull(subscription.latest_invoice);
  const invoice = latest === null ? undefined : context.data.get('invoice', latest);
  if (subscription.status === 'incomplete' && invoice?.status === 'open') {
    voidInvoice(context, invoice);
    return context.find('subscription', id);
  }
  return endSubscription(context, subscription, context.now, {
    comment: params.cancellation_details?.comment ?? subscription.cancellation_details?.comment ?? null,
    feedback: params.cancellation_details?.feedback ?? subscription.cancellation_details?.feedback ?? null,
  });
}
