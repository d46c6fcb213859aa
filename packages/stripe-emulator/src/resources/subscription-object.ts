import type Stripe from 'stripe';
import { periodBoundary } from '../billing/periods.ts';
import { invalid } from '../http/errors.ts';
import { listOf } from '../http/pagination.ts';
import type { Context } from '../state/context.ts';
import { newId } from '../state/ids.ts';
import { idOf } from '../state/listed.ts';
import type { Customer, Price, Subscription, SubscriptionItem, TaxRate } from '../state/tables.ts';

export interface WantedItem {
  price: Price;
  quantity: number | undefined;
  metadata: Record<string, string>;
  tax_rates?: TaxRate[];
}

export interface WantedSubscription {
  customer: Customer;
  items: WantedItem[];
  metadata: Record<string, string>;
  description: string | null;
  default_payment_method: string | null;
  collection_method: 'charge_automatically' | 'send_invoice';
  days_until_due: number | null;
  cancel_at_period_end: boolean;
  cancel_at: number | null;
  save_default_payment_method: 'off' | 'on_subscription';
  default_tax_rates: TaxRate[];
  automatic_tax: boolean;
  billing_mode: 'classic' | 'flexible';
  /** When the trial ends, in seconds; null without one. */
  trial_end: number | null;
  /** When the first whole period starts, in seconds; null for now. */
  anchor: number | null;
  trial_settings: NonNullable<Subscription['trial_settings']>;
  /** Refused unless it is the currency of the prices. */
  currency: string | undefined;
}

/** A new subscription whose first period starts now and is not paid yet. */
export function newSubscription(context: Context, wanted: WantedSubscription): Subscription {
  const id = newId('sub');
  const items = wanted.items.map((item) =>
    newItem(context, id, item, wanted.trial_end ?? stubEnd(context, item, wanted.anchor)),
  );
  const firstEnd = Math.min(...items.map((item) => item.current_period_end));
  return {
    id,
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: automaticTaxOf(wanted.automatic_tax),
    billing_cycle_anchor: wanted.trial_end ?? wanted.anchor ?? context.now,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: null, type: wanted.billing_mode },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: wanted.cancel_at_period_end ? firstEnd : wanted.cancel_at,
    cancel_at_period_end: wanted.cancel_at_period_end,
    canceled_at: wanted.cancel_at_period_end ? context.now : null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: wanted.collection_method,
    created: context.now,
    currency: currencyOf(wanted),
    customer: wanted.customer.id,
    customer_account: null,
    days_until_due: wanted.days_until_due,
    default_payment_method: wanted.default_payment_method,
    default_source: null,
    default_tax_rates: wanted.default_tax_rates,
    description: wanted.description,
    discounts: [],
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: 'self' },
    },
    items: listOf(items, `/v1/subscription_items?subscription=${id}`),
    latest_invoice: null,
    livemode: context.livemode,
    managed_payments: null,
    metadata: wanted.metadata,
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: wanted.save_default_payment_method,
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    presentment_details: undefined,
    schedule: null,
    start_date: context.now,
    status: wanted.trial_end === null ? 'incomplete' : 'trialing',
    status_details: undefined,
    test_clock: wanted.customer.test_clock ?? null,
    transfer_data: null,
    trial_end: wanted.trial_end,
    trial_settings: wanted.trial_settings,
    trial_start: wanted.trial_end === null ? null : context.now,
  };
}

/** The end of the shorter period before the anchor, which may not be longer than a whole one. */
function stubEnd(context: Context, { price }: WantedItem, anchor: number | null): number | null {
  if (anchor === null || price.recurring === null) return null;
  if (anchor > periodBoundary(context.now, price.recurring, 1)) {
    throw invalid(
      '`billing_cycle_anchor` cannot be later than next natural billing date for plan.',
      'billing_cycle_anchor',
    );
  }
  return anchor;
}

/** `automatic_tax` of a subscription. */
export function automaticTaxOf(enabled: boolean): Subscription['automatic_tax'] {
  return { disabled_reason: null, enabled, liability: enabled ? { type: 'self' } : null };
}

/** An item whose first period starts now; a trial is a period of its own. */
export function newItem(
  context: Context,
  subscription: string,
  { price, quantity, metadata, tax_rates: rates }: WantedItem,
  end: number | null,
): SubscriptionItem {
  const { recurring } = price;
  if (recurring === null) {
    throw invalid(
      'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
      'items',
    );
  }
  const metered = recurring.usage_type === 'metered';
  if (metered && quantity !== undefined) {
    throw invalid('You cannot set the quantity for metered plans.', 'items[quantity]');
  }
  return {
    id: newId('si'),
    object: 'subscription_item',
    billed_until: undefined,
    billing_thresholds: null,
    created: context.now,
    current_period_end: end ?? periodBoundary(context.now, recurring, 1),
    current_period_start: context.now,
    current_trial: null,
    deleted: undefined,
    discounts: [],
    metadata,
    plan: planOf(price),
    price,
    quantity: metered ? undefined : (quantity ?? 1),
    subscription,
    tax_rates: rates ?? [],
  };
}

function currencyOf({ currency, items }: WantedSubscription): string {
  const [first, ...others] = [...new Set(items.map(({ price }) => price.currency))];
  if (first === undefined) throw invalid('Missing required param: items.', 'items', 'parameter_missing');
  if (others.length > 0) throw invalid('All prices of a subscription must have the same currency.', 'items');
  if (currency !== undefined && currency.toLowerCase() !== first) {
    throw invalid(`The prices of this subscription are in ${first}, not ${currency}.`, 'currency');
  }
  return first;
}

/** The older form of a price that subscription items still carry. */
export function planOf(price: Price): Stripe.Plan {
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? 'month',
    interval_count: price.recurring?.interval_count ?? 1,
    livemode: price.livemode,
    metadata: price.metadata,
    meter: price.recurring?.meter ?? null,
    nickname: price.nickname,
    product: idOf(price.product),
    tiers_mode: price.tiers_mode,
    transform_usage: price.transform_quantity,
    trial_period_days: price.recurring?.trial_period_days ?? null,
    usage_type: price.recurring?.usage_type ?? 'licensed',
  };
}
