import { invalid, StripeError } from '../http/errors.ts';
import { page, pageFields, within } from '../http/pagination.ts';
import {
  clearable,
  flag,
  list,
  mergedMetadata,
  metadata,
  oneOf,
  range,
  required,
  shape,
  text,
  whole,
  type Params,
} from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { idOf, idOrNull } from '../state/listed.ts';
import type { Price, Subscription, SubscriptionItem } from '../state/tables.ts';
import { refreshGrant } from './active-entitlements.ts';
import { declinedError } from './payments.ts';
import { defaultMethod, intentOf, noMethod, voidInvoice } from './invoices.ts';
import { createPrice, priceFields } from './prices.ts';
import { resolvePaymentMethod } from './payment-methods.ts';
import { billFirstPeriod, nextPeriodEnd } from './subscription-billing.ts';
import { newSubscription, planOf, type WantedItem } from './subscription-object.ts';
import { endSubscription, saveSubscription } from './subscription-states.ts';

const priceData = shape({
  currency: priceFields.currency,
  product: required(text),
  recurring: priceFields.recurring,
  tax_behavior: priceFields.tax_behavior,
  unit_amount: priceFields.unit_amount,
  unit_amount_decimal: priceFields.unit_amount_decimal,
});
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
const paymentSettings = shape({
  payment_method_types: list(oneOf('card')),
  save_default_payment_method: oneOf('off', 'on_subscription'),
});
const createFields = {
  billing_mode: shape({ type: required(oneOf('classic', 'flexible')) }),
  cancel_at: whole,
  cancel_at_period_end: flag,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  currency: text,
  customer: required(text),
  days_until_due: whole,
  default_payment_method: text,
  description: text,
  items: required(list(shape({ metadata, price: text, price_data: priceData, quantity: whole }))),
  metadata,
  off_session: flag,
  payment_behavior: oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete'),
  payment_settings: paymentSettings,
};
const updateFields = {
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
  payment_behavior: oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete'),
  payment_settings: paymentSettings,
  proration_behavior: oneOf('none', 'create_prorations', 'always_invoice'),
};
const cancelFields = { cancellation_details: cancellationDetails, invoice_now: flag, prorate: flag };
const STATUSES = [
  'active',
  'canceled',
  'incomplete',
  'incomplete_expired',
  'past_due',
  'paused',
  'trialing',
  'unpaid',
] as const;
const listFields = {
  ...pageFields,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  created: range,
  customer: text,
  price: text,
  status: oneOf(...STATUSES, 'all', 'ended'),
};

export const subscriptionRoutes = [
  route('POST', '/v1/subscriptions', createFields, (context, params) =>
    createSubscription(context, params, false),
  ),
  route('GET', '/v1/subscriptions', listFields, ({ data }, params) =>
    page(data.all('subscription'), params, '/v1/subscriptions', (subscription) =>
      isListed(subscription, params),
    ),
  ),
  route('GET', '/v1/subscriptions/:id', {}, (context, _params, { id }) => context.find('subscription', id)),
  route('POST', '/v1/subscriptions/:id', updateFields, (context, params, { id }) =>
    updateSubscription(context, id, params),
  ),
  route('DELETE', '/v1/subscriptions/:id', cancelFields, (context, params, { id }) =>
    cancelNow(context, id, params),
  ),
  route(
    'GET',
    '/v1/subscription_items',
    { ...pageFields, subscription: required(text) },
    (context, params) => {
      const { items } = context.find('subscription', params.subscription, 'subscription');
      return page([...items.data].reverse(), params, '/v1/subscription_items');
    },
  ),
];

/** Creates a subscription and bills its first period; `authenticated` says that the holder just passed 3-D Secure. */
export function createSubscription(
  context: Context,
  params: Params<typeof createFields>,
  authenticated: boolean,
): Subscription {
  const customer = context.find('customer', params.customer, 'customer');
  const behavior = params.payment_behavior ?? 'allow_incomplete';
  const collection = params.collection_method ?? 'charge_automatically';
  if (collection === 'send_invoice' && params.days_until_due === undefined) {
    throw invalid(
      'You must specify `days_until_due` when `collection_method` is `send_invoice`.',
      'days_until_due',
    );
  }
  const method =
    params.default_payment_method === undefined
      ? undefined
      : ownMethod(context, params.default_payment_method, customer.id);
  const subscription = newSubscription(context, {
    customer: customer.id,
    items: params.items.map((item) => wantedItem(context, item)),
    metadata: mergedMetadata(null, params.metadata),
    description: params.description ?? null,
    default_payment_method: method?.id ?? null,
    collection_method: collection,
    days_until_due: params.days_until_due ?? null,
    cancel_at_period_end: params.cancel_at_period_end ?? false,
    cancel_at: params.cancel_at ?? null,
    save_default_payment_method: params.payment_settings?.save_default_payment_method ?? 'off',
  });
  context.data.put('subscription', subscription);
  refreshGrant(context, subscription);
  context.emit('customer.subscription.created', subscription);
  const invoice = billFirstPeriod(context, subscription, {
    behavior: behavior === 'default_incomplete' ? 'wait' : 'collect',
    method,
    offSession: params.off_session ?? false,
    authenticated,
  });
  if (collection === 'send_invoice' && invoice.status === 'open') {
    return saveSubscription(context, context.find('subscription', subscription.id), { status: 'active' });
  }
  if (invoice.status === 'open' && behavior !== 'default_incomplete') {
    if (method === undefined && defaultMethod(context, invoice) === undefined) throw noMethod();
    if (behavior === 'error_if_incomplete') {
      // Nothing may be left behind, so this error lets the attempt be undone with the rest.
      throw new StripeError(402, declinedError(intentOf(context, invoice)).detail);
    }
  }
  return context.find('subscription', subscription.id);
}

function updateSubscription(context: Context, id: string, params: Params<typeof updateFields>): Subscription {
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

function cancelNow(context: Context, id: string, params: Params<typeof cancelFields>): Subscription {
  const subscription = context.find('subscription', id);
  if (subscription.status === 'canceled' || subscription.status === 'incomplete_expired') {
    throw invalid(`No such subscription: '${id}'`, 'id', 'resource_missing');
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

function wantedItem(context: Context, item: Params<typeof createFields>['items'][number]): WantedItem {
  const wanted = (price: Price) => ({
    price,
    quantity: item.quantity,
    metadata: mergedMetadata(null, item.metadata),
  });
  if (item.price !== undefined) return wanted(recurringPrice(context, item.price));
  if (item.price_data !== undefined) return wanted(createPrice(context, item.price_data));
  throw invalid('Missing required param: items[0][price].', 'items[0][price]', 'parameter_missing');
}

function recurringPrice(context: Context, id: string): Price {
  const price = context.find('price', id, 'items[0][price]');
  if (!price.active)
    throw invalid(
      `The price specified is inactive. This field only accepts active prices.`,
      'items[0][price]',
    );
  return price;
}

function ownMethod(context: Context, id: string, customer: string) {
  const method = resolvePaymentMethod(context, id, 'default_payment_method');
  if (idOrNull(method.customer) !== customer) {
    throw invalid(
      `The customer does not have a payment method with the ID ${id}. The payment method must be attached to the customer.`,
      'default_payment_method',
      'resource_missing',
    );
  }
  return method;
}

function isListed(subscription: Subscription, params: Params<typeof listFields>): boolean {
  const ended = subscription.status === 'canceled' || subscription.status === 'incomplete_expired';
  const byStatus =
    params.status === undefined
      ? subscription.status !== 'canceled'
      : params.status === 'all' ||
        (params.status === 'ended' ? ended : subscription.status === params.status);
  return (
    byStatus &&
    (params.collection_method === undefined || subscription.collection_method === params.collection_method) &&
    (params.customer === undefined || subscription.customer === params.customer) &&
    (params.price === undefined || subscription.items.data.some(({ price }) => price.id === params.price)) &&
    within(subscription.created, params.created)
  );
}
