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
import type { CheckoutSession, Customer } from '../state/tables.ts';
import { methodType } from './payment-methods.ts';
import { automaticTaxField, taxRatesField } from './tax-rates.ts';
import { trialFields } from './trials.ts';
import { priceFields } from './prices.ts';

const priceData = shape({
  currency: priceFields.currency,
  product: priceFields.product,
  product_data: priceFields.product_data,
  recurring: priceFields.recurring,
  tax_behavior: priceFields.tax_behavior,
  unit_amount: priceFields.unit_amount,
  unit_amount_decimal: priceFields.unit_amount_decimal,
});
export const checkoutFields = {
  allow_promotion_codes: flag,
  allowed_payment_method_types: list(methodType),
  automatic_tax: automaticTaxField,
  billing_address_collection: oneOf('auto', 'required'),
  cancel_url: text,
  client_reference_id: text,
  currency: text,
  customer: text,
  customer_creation: oneOf('always', 'if_required'),
  customer_email: text,
  customer_update: shape({ address: oneOf('auto', 'never'), name: oneOf('auto', 'never') }),
  discounts: list(shape({ coupon: text, promotion_code: text })),
  expires_at: whole,
  line_items: list(shape({ price: text, price_data: priceData, quantity: whole, metadata })),
  locale: text,
  metadata,
  mode: required(oneOf('payment', 'setup', 'subscription')),
  payment_intent_data: shape({
    description: text,
    metadata,
    setup_future_usage: oneOf('off_session', 'on_session'),
  }),
  payment_method_collection: oneOf('always', 'if_required'),
  payment_method_types: list(methodType),
  setup_intent_data: shape({ description: text, metadata }),
  submit_type: oneOf('auto', 'book', 'donate', 'pay', 'subscribe'),
  subscription_data: shape({
    default_tax_rates: taxRatesField,
    description: text,
    metadata,
    billing_mode: shape({ type: oneOf('classic', 'flexible') }),
    trial_end: whole,
    trial_period_days: whole,
    trial_settings: trialFields.trial_settings,
  }),
  success_url: text,
  ui_mode: oneOf('hosted_page', 'hosted'),
};
export type CheckoutParams = Params<typeof checkoutFields>;

/** What is due today for a session, in minor units; `tax` counts taxes within the price as well. */
export interface Totals {
  subtotal: number;
  discount: number;
  tax: number;
  total: number;
}

interface SessionFacts {
  id: string;
  params: CheckoutParams;
  customer: Customer | undefined;
  currency: string | null;
  /** What is due today, or null where nothing is sold. */
  totals: Totals | null;
  expiresAt: number;
  successUrl: string;
}

/** An open session whose page waits at `url`. */
export function sessionObject(context: Context, facts: SessionFacts): CheckoutSession {
  const { customer, params, totals } = facts;
  return {
    id: facts.id,
    object: 'checkout.session',
    adaptive_pricing: null,
    after_expiration: null,
    allow_promotion_codes: params.allow_promotion_codes ?? null,
    allowed_payment_method_types: params.allowed_payment_method_types ?? null,
    amount_subtotal: totals?.subtotal ?? null,
    amount_total: totals?.total ?? null,
    automatic_tax: checkoutTax(params.automatic_tax?.enabled ?? false),
    billing_address_collection: params.billing_address_collection ?? null,
    branding_settings: undefined,
    cancel_url: params.cancel_url ?? null,
    client_reference_id: params.client_reference_id ?? null,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created: context.now,
    currency: facts.currency,
    currency_conversion: null,
    custom_fields: [],
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: null,
      terms_of_service_acceptance: null,
    },
    customer: customer?.id ?? null,
    customer_account: null,
    customer_creation: params.mode === 'payment' ? (params.customer_creation ?? 'if_required') : null,
    customer_details: detailsOf(params.customer_email ?? customer?.email ?? null, customer),
    customer_email: params.customer_email ?? null,
    discounts: (params.discounts ?? []).map(({ coupon, promotion_code }) => ({
      coupon: coupon ?? null,
      promotion_code: promotion_code ?? null,
    })),
    excluded_payment_method_types: undefined,
    expires_at: facts.expiresAt,
    integration_identifier: null,
    invoice: null,
    invoice_creation: null,
    line_items: undefined,
    livemode: context.livemode,
    locale: params.locale ?? null,
    managed_payments: null,
    metadata: mergedMetadata(null, params.metadata),
    mode: params.mode,
    name_collection: undefined,
    optional_items: undefined,
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection:
      params.mode === 'setup' ? null : (params.payment_method_collection ?? 'always'),
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: params.allowed_payment_method_types ?? params.payment_method_types ?? ['card'],
    payment_status: params.mode === 'setup' ? 'no_payment_required' : 'unpaid',
    permissions: null,
    phone_number_collection: { enabled: false },
    presentment_details: undefined,
    recovered_from: null,
    redirect_on_completion: undefined,
    return_url: undefined,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: 'open',
    submit_type: params.submit_type ?? null,
    subscription: null,
    success_url: facts.successUrl,
    tax_id_collection: undefined,
    total_details:
      totals === null
        ? null
        : { amount_discount: totals.discount, amount_shipping: 0, amount_tax: totals.tax },
    ui_mode: 'hosted_page',
    url: `${context.baseUrl}/c/pay/${facts.id}`,
    wallet_options: null,
  };
}

function checkoutTax(enabled: boolean): CheckoutSession['automatic_tax'] {
  return enabled
    ? { enabled, liability: { type: 'self' }, provider: 'stripe', status: 'complete' }
    : { enabled, liability: null, provider: null, status: null };
}

/** Who the session is for, as far as it is known. */
export function detailsOf(
  email: string | null,
  customer: Customer | undefined,
): CheckoutSession['customer_details'] {
  if (email === null && customer === undefined) return null;
  return {
    address: customer?.address ?? null,
    business_name: null,
    email,
    individual_name: null,
    name: customer?.name ?? null,
    phone: customer?.phone ?? null,
    tax_exempt: 'none',
    tax_ids: [],
  };
}
