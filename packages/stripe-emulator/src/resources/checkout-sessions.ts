import { reductions } from '../billing/discounts.ts';
import { lineAmount } from '../billing/line-amount.ts';
import { invalid } from '../http/errors.ts';
import { listOf, page, pageFields, within } from '../http/pagination.ts';
import { clearable, mergedMetadata, metadata, oneOf, range, text } from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { newId, randomText } from '../state/ids.ts';
import { idOf, idOrNull } from '../state/listed.ts';
import type { CheckoutPlan, CheckoutSession, Customer, LineItem, Price, TaxRate } from '../state/tables.ts';
import {
  checkoutFields,
  sessionObject,
  type CheckoutParams,
  type Totals,
} from './checkout-session-object.ts';
import { amountOff, terms } from './discounts.ts';
import { ratesOf, sumsOf, taxesOf } from './tax-rates.ts';
import { createPrice } from './prices.ts';

const HALF_HOUR = 1800;
const DAY = 86_400;

const listFields = {
  ...pageFields,
  created: range,
  customer: text,
  payment_intent: text,
  status: oneOf('open', 'complete', 'expired'),
  subscription: text,
};

export const checkoutSessionRoutes = [
  route('POST', '/v1/checkout/sessions', checkoutFields, (context, params) => createSession(context, params)),
  route('GET', '/v1/checkout/sessions', listFields, ({ data }, params) =>
    page(
      data.all('checkout.session'),
      params,
      '/v1/checkout/sessions',
      (session) =>
        (params.customer === undefined || session.customer === params.customer) &&
        (params.payment_intent === undefined || session.payment_intent === params.payment_intent) &&
        (params.status === undefined || session.status === params.status) &&
        (params.subscription === undefined || session.subscription === params.subscription) &&
        within(session.created, params.created),
    ),
  ),
  route('GET', '/v1/checkout/sessions/:id', {}, (context, _params, { id }) =>
    context.find('checkout.session', id),
  ),
  route('POST', '/v1/checkout/sessions/:id', { metadata: clearable(metadata) }, (context, params, { id }) => {
    const before = context.find('checkout.session', id);
    const after = { ...before, metadata: mergedMetadata(before.metadata, params.metadata ?? '') };
    context.data.put('checkout.session', after);
    return after;
  }),
  route('POST', '/v1/checkout/sessions/:id/expire', {}, (context, _params, { id }) => {
    const session = context.find('checkout.session', id);
    if (session.status !== 'open') {
      throw invalid('Only Checkout Sessions with a status in ["open"] can be expired.', 'session');
    }
    return expireSession(context, session);
  }),
  route('GET', '/v1/checkout/sessions/:id/line_items', pageFields, (context, params, { id }) => {
    const { id: found } = context.find('checkout.session', id);
    return page([...lineItemsOf(context, found)].reverse(), params, `/v1/checkout/sessions/${id}/line_items`);
  }),
];

/** What a session sells, as its page and its own list show it. */
export function lineItemsOf(context: Context, session: string): LineItem[] {
  return context.data.get('_checkout', session)?.items ?? [];
}

/** The list of line items as `expand` shows it. */
export function lineItemList(context: Context, session: string): object {
  return listOf(lineItemsOf(context, session), `/v1/checkout/sessions/${session}/line_items`);
}

/** Nobody can pay this session any more. */
export function expireSession(context: Context, session: CheckoutSession): CheckoutSession {
  const expired: CheckoutSession = { ...session, status: 'expired', url: null };
  context.data.put('checkout.session', expired);
  context.emit('checkout.session.expired', expired);
  return expired;
}

function createSession(context: Context, params: CheckoutParams): CheckoutSession {
  if (params.success_url === undefined)
    throw invalid('Missing required param: success_url.', 'success_url', 'parameter_missing');
  if (params.customer !== undefined && params.customer_email !== undefined) {
    throw invalid(
      'You may only specify one of these parameters: customer, customer_email.',
      'customer_email',
    );
  }
  if (params.customer_creation !== undefined && params.mode !== 'payment') {
    throw invalid('You can only use `customer_creation` in `payment` mode.', 'customer_creation');
  }
  if ((params.discounts ?? []).length > 1)
    throw invalid('A Checkout Session takes one discount.', 'discounts');
  const customer =
    params.customer === undefined ? undefined : context.find('customer', params.customer, 'customer');
  const items = (params.line_items ?? []).map((item, index) => lineItem(context, item, index, params.mode));
  if (params.mode !== 'setup' && items.length === 0) {
    throw invalid(
      'You must specify `line_items` in `payment` and `subscription` mode.',
      'line_items',
      'parameter_missing',
    );
  }
  const expiresAt = params.expires_at ?? context.now + DAY;
  if (expiresAt < context.now + HALF_HOUR || expiresAt > context.now + DAY) {
    throw invalid(
      'The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.',
      'expires_at',
    );
  }
  const trial = params.subscription_data ?? {};
  const isTrial = trial.trial_end !== undefined || trial.trial_period_days !== undefined;
  const rates = ratesOf(
    context,
    params.subscription_data?.default_tax_rates,
    'subscription_data[default_tax_rates]',
  );
  const session = sessionObject(context, {
    id: `cs_${context.data.mode}_${randomText(58)}`,
    params,
    customer,
    currency: items[0]?.currency ?? params.currency ?? null,
    totals:
      params.mode === 'setup'
        ? null
        : totalsOf(context, {
            items: isTrial ? [] : items,
            discounts: params.discounts ?? [],
            rates,
            exempt: customer?.tax_exempt ?? null,
          }),
    expiresAt,
    successUrl: params.success_url,
  });
  context.data.put('checkout.session', session);
  context.data.put('_checkout', {
    id: session.id,
    items,
    subscription: {
      metadata: mergedMetadata(null, params.subscription_data?.metadata),
      description: params.subscription_data?.description ?? null,
      trial_end: trial.trial_end ?? null,
      trial_period_days: trial.trial_period_days ?? null,
      missing_payment_method: trial.trial_settings?.end_behavior.missing_payment_method ?? 'create_invoice',
      discounts: params.discounts ?? [],
      default_tax_rates: rates.map(({ id }) => id),
      automatic_tax: params.automatic_tax?.enabled ?? false,
    },
    payment_metadata: mergedMetadata(null, params.payment_intent_data?.metadata),
    payment_future_usage: params.payment_intent_data?.setup_future_usage ?? null,
    setup_metadata: mergedMetadata(null, params.setup_intent_data?.metadata),
  });
  return session;
}

/** What is due today for some lines, in minor units. */
function totalsOf(
  context: Context,
  {
    discounts,
    exempt,
    items,
    rates,
  }: {
    items: LineItem[];
    discounts: CheckoutPlan['subscription']['discounts'];
    rates: TaxRate[];
    exempt: Customer['tax_exempt'] | null;
  },
): Totals {
  const off = discountsOff(context, discounts, items);
  const { exclusive, inclusive } = sumsOf(
    items.flatMap(({ amount_total: amount }, index) => taxesOf(amount - (off[index] ?? 0), rates, exempt)),
  );
  const subtotal = items.reduce((sum, item) => sum + item.amount_total, 0);
  const discount = off.reduce((sum, amount) => sum + amount, 0);
  return { subtotal, discount, tax: exclusive + inclusive, total: subtotal - discount + exclusive };
}

/** What the discounts of a session take off each of its lines, as far as they apply to what is sold. */
function discountsOff(
  context: Context,
  [first]: CheckoutPlan['subscription']['discounts'],
  items: LineItem[],
): number[] {
  if (first === undefined) return [];
  const { coupon } = terms(context, first);
  const products = context.data.get('_coupon_products', coupon.id)?.products;
  return reductions(
    items.map(({ amount_total, price }) =>
      products === undefined || products.includes(idOf(price.product)) ? amount_total : 0,
    ),
    { amount_off: amountOff(coupon, items[0]?.currency ?? ''), percent_off: coupon.percent_off },
  );
}

/** An open session with a promotion code that its buyer typed; refused where it takes none or the code is over. */
export function withCode(context: Context, session: CheckoutSession, typed: string): CheckoutSession {
  const plan = context.find('_checkout', session.id);
  if (session.allow_promotion_codes !== true)
    throw invalid('This checkout takes no promotion codes.', 'promotion_code');
  const code = [...context.data.all('promotion_code')].find(
    (found) => found.active && found.code.toLowerCase() === typed.toLowerCase(),
  );
  if (code === undefined) throw invalid('This code is invalid.', 'promotion_code');
  const discounts = [{ promotion_code: code.id }];
  const isTrial = plan.subscription.trial_end !== null || plan.subscription.trial_period_days !== null;
  const customer = context.data.get('customer', idOrNull(session.customer) ?? '');
  const totals = totalsOf(context, {
    items: isTrial ? [] : plan.items,
    discounts,
    rates: plan.subscription.default_tax_rates.map((id) => context.find('tax_rate', id)),
    exempt: customer?.tax_exempt ?? null,
  });
  const after: CheckoutSession = {
    ...session,
    amount_total: totals.total,
    discounts: [{ coupon: null, promotion_code: code.id }],
    total_details: { amount_discount: totals.discount, amount_shipping: 0, amount_tax: totals.tax },
  };
  context.data.put('checkout.session', after);
  context.data.put('_checkout', { ...plan, subscription: { ...plan.subscription, discounts } });
  return after;
}

function lineItem(
  context: Context,
  sent: NonNullable<CheckoutParams['line_items']>[number],
  index: number,
  mode: string,
): LineItem {
  const price = priceOf(context, sent, index);
  if (price.type === 'recurring' && mode === 'payment') {
    throw invalid(
      'You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.',
      'line_items',
    );
  }
  if (price.type === 'one_time' && mode === 'subscription') {
    throw invalid(
      'This emulator sells recurring prices only in `subscription` mode.',
      `line_items[${index}][price]`,
    );
  }
  const metered = price.recurring?.usage_type === 'metered';
  if (!metered && sent.quantity === undefined) {
    throw invalid(
      'Quantity is required. Add `quantity` to `line_items[' + index + ']`',
      `line_items[${index}][quantity]`,
    );
  }
  if (metered && sent.quantity !== undefined) {
    throw invalid(
      'Quantity should not be specified where usage_type is `metered`. Remove `quantity` from `line_items`',
      `line_items[${index}][quantity]`,
    );
  }
  const tiers = context.data.get('_price_detail', price.id)?.tiers;
  const amount = metered ? 0 : lineAmount({ ...price, tiers }, sent.quantity ?? 1);
  return {
    id: newId('li'),
    object: 'item',
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    currency: price.currency,
    description: context.data.get('product', idOf(price.product))?.name ?? null,
    discounts: undefined,
    metadata: mergedMetadata(null, sent.metadata),
    price,
    quantity: metered ? null : (sent.quantity ?? 1),
    taxes: undefined,
  };
}

function priceOf(
  context: Context,
  sent: NonNullable<CheckoutParams['line_items']>[number],
  index: number,
): Price {
  if (sent.price_data !== undefined) return createPrice(context, sent.price_data);
  if (sent.price === undefined) {
    throw invalid(
      `Missing required param: line_items[${index}][price].`,
      `line_items[${index}][price]`,
      'parameter_missing',
    );
  }
  const price = context.find('price', sent.price, `line_items[${index}][price]`);
  if (!price.active) {
    throw invalid(
      `The price specified is inactive. This field only accepts active prices.`,
      `line_items[${index}][price]`,
    );
  }
  return price;
}
