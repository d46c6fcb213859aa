import { invalid, StripeError } from '../http/errors.ts';
import {
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
import { idOrNull } from '../state/listed.ts';
import type { PaymentMethod, Price, Subscription } from '../state/tables.ts';
import { refreshGrant, settleEntitlements } from './active-entitlements.ts';
import { discountsField, redeemAll } from './discounts.ts';
import { defaultMethod, intentOf, noMethod } from './invoice-states.ts';
import { methodType, resolvePaymentMethod } from './payment-methods.ts';
import { declinedError } from './payments.ts';
import { createPrice, priceFields } from './prices.ts';
import { billFirstPeriod } from './subscription-billing.ts';
import { newSubscription, type WantedItem } from './subscription-object.ts';
import { saveSubscription } from './subscription-states.ts';
import { automaticTaxField, ratesOf, taxRatesField } from './tax-rates.ts';
import { trialEndOf, trialFields, trialSettings } from './trials.ts';

export const priceData = shape({
  currency: priceFields.currency,
  product: required(text),
  recurring: priceFields.recurring,
  tax_behavior: priceFields.tax_behavior,
  unit_amount: priceFields.unit_amount,
  unit_amount_decimal: priceFields.unit_amount_decimal,
});
/** How a subscription is paid, as create and update read it. */
export const paymentSettings = shape({
  payment_method_types: list(methodType),
  save_default_payment_method: oneOf('off', 'on_subscription'),
});
export const newSubscriptionFields = {
  automatic_tax: automaticTaxField,
  billing_cycle_anchor: whole,
  billing_mode: shape({ type: required(oneOf('classic', 'flexible')) }),
  cancel_at: whole,
  cancel_at_period_end: flag,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  currency: text,
  customer: required(text),
  days_until_due: whole,
  default_payment_method: text,
  default_tax_rates: taxRatesField,
  description: text,
  discounts: discountsField,
  items: required(
    list(shape({ metadata, price: text, price_data: priceData, quantity: whole, tax_rates: taxRatesField })),
  ),
  metadata,
  off_session: flag,
  payment_behavior: oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete'),
  payment_settings: paymentSettings,
  proration_behavior: oneOf('create_prorations', 'none'),
  ...trialFields,
};

/** Creates a subscription and bills its first period; `authenticated` says that the holder just passed 3-D Secure. */
export function createSubscription(
  context: Context,
  params: Params<typeof newSubscriptionFields>,
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
  const blank = newSubscription(context, {
    customer,
    items: params.items.map((item) => wantedItem(context, item)),
    metadata: mergedMetadata(null, params.metadata),
    description: params.description ?? null,
    default_payment_method: method?.id ?? null,
    collection_method: collection,
    days_until_due: params.days_until_due ?? null,
    cancel_at_period_end: params.cancel_at_period_end ?? false,
    cancel_at: params.cancel_at ?? null,
    billing_mode: params.billing_mode?.type ?? 'flexible',
    currency: params.currency,
    anchor: anchorOf(context, params),
    trial_end: trialEndOf(context, params),
    trial_settings: trialSettings(params.trial_settings),
    default_tax_rates: ratesOf(context, params.default_tax_rates, 'default_tax_rates'),
    automatic_tax: params.automatic_tax?.enabled ?? false,
    save_default_payment_method: params.payment_settings?.save_default_payment_method ?? 'off',
  });
  const subscription: Subscription = {
    ...blank,
    discounts: redeemAll(context, params.discounts ?? [], {
      customer: customer.id,
      subscription: blank.id,
      checkout_session: null,
    }),
  };
  context.data.put('subscription', subscription);
  refreshGrant(context, subscription);
  context.emit('customer.subscription.created', subscription);
  settleEntitlements(context, customer.id);
  const invoice = billFirstPeriod(context, subscription, {
    behavior: behavior === 'default_incomplete' ? 'wait' : 'collect',
    prorated: params.proration_behavior !== 'none',
    method,
    offSession: params.off_session ?? false,
    authenticated,
  });
  if (collection === 'send_invoice' && invoice.status === 'open') {
    return saveSubscription(context, context.find('subscription', subscription.id), { status: 'active' });
  }
  const waits = invoice.status === 'open' && intentOf(context, invoice).status === 'processing';
  if (invoice.status === 'open' && behavior !== 'default_incomplete' && !waits) {
    if (method === undefined && defaultMethod(context, invoice) === undefined) throw noMethod();
    if (behavior === 'error_if_incomplete') {
      // Nothing may be left behind, so this error lets the attempt be undone with the rest.
      throw new StripeError(402, declinedError(intentOf(context, invoice)).detail);
    }
  }
  return context.find('subscription', subscription.id);
}

/** The date asked for as the first whole period's start; until then a shorter period runs. */
function anchorOf(context: Context, params: Params<typeof newSubscriptionFields>): number | null {
  const { billing_cycle_anchor: anchor } = params;
  if (anchor === undefined) return null;
  if (params.trial_end !== undefined || params.trial_period_days !== undefined)
    throw invalid('This emulator takes a trial or a billing cycle anchor, not both.', 'billing_cycle_anchor');
  if (anchor <= context.now)
    throw invalid('`billing_cycle_anchor` must be in the future.', 'billing_cycle_anchor');
  return anchor;
}

function wantedItem(
  context: Context,
  item: Params<typeof newSubscriptionFields>['items'][number],
): WantedItem {
  const wanted = (price: Price) => ({
    price,
    quantity: item.quantity,
    metadata: mergedMetadata(null, item.metadata),
    tax_rates: ratesOf(context, item.tax_rates, 'items[0][tax_rates]'),
  });
  if (item.price !== undefined) return wanted(recurringPrice(context, item.price));
  if (item.price_data !== undefined) return wanted(createPrice(context, item.price_data));
  throw invalid('Missing required param: items[0][price].', 'items[0][price]', 'parameter_missing');
}

/** The price if it can be subscribed to. */
export function recurringPrice(context: Context, id: string): Price {
  const price = context.find('price', id, 'items[0][price]');
  if (!price.active)
    throw invalid(
      `The price specified is inactive. This field only accepts active prices.`,
      'items[0][price]',
    );
  return price;
}

/** A payment method that belongs to the customer. */
export function ownMethod(context: Context, id: string, customer: string): PaymentMethod {
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
