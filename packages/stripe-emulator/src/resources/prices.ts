import Stripe from 'stripe';
import { invalid } from '../http/errors.ts';
import { page, pageFields, within } from '../http/pagination.ts';
import {
  clearable,
  decimal,
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
  type Field,
  type Params,
} from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { idOf } from '../state/listed.ts';
import { newId } from '../state/ids.ts';
import type { Price } from '../state/tables.ts';
import { createProduct } from './product-object.ts';

/** `inf`, or the last unit of a tier. */
const upTo: Field<number | 'inf'> = {
  read: (form, name) => (form === 'inf' ? 'inf' : whole.read(form, name)),
};
const tierFields = {
  flat_amount: whole,
  flat_amount_decimal: decimal,
  unit_amount: whole,
  unit_amount_decimal: decimal,
  up_to: required(upTo),
};
const taxBehavior = oneOf('exclusive', 'inclusive', 'unspecified');

/** The parameters of a price, shared by every place that can create one. */
export const priceFields = {
  active: flag,
  billing_scheme: oneOf('per_unit', 'tiered'),
  currency: required(text),
  lookup_key: text,
  metadata,
  nickname: text,
  product: text,
  product_data: shape({
    id: text,
    name: required(text),
    metadata,
    unit_label: text,
    statement_descriptor: text,
    active: flag,
  }),
  recurring: shape({
    interval: required(oneOf('day', 'week', 'month', 'year')),
    interval_count: whole,
    meter: text,
    usage_type: oneOf('licensed', 'metered'),
    trial_period_days: whole,
  }),
  tax_behavior: taxBehavior,
  tiers: list(shape(tierFields)),
  tiers_mode: oneOf('graduated', 'volume'),
  transfer_lookup_key: flag,
  transform_quantity: shape({ divide_by: required(whole), round: required(oneOf('up', 'down')) }),
  unit_amount: whole,
  unit_amount_decimal: decimal,
};
const updateFields = {
  active: flag,
  lookup_key: clearable(text),
  metadata,
  nickname: clearable(text),
  tax_behavior: taxBehavior,
  transfer_lookup_key: flag,
};
const listFields = {
  ...pageFields,
  active: flag,
  created: range,
  currency: text,
  lookup_keys: list(text),
  product: text,
  recurring: shape({ interval: text, meter: text, usage_type: text }),
  type: oneOf('one_time', 'recurring'),
};
type PriceParams = Params<typeof priceFields>;

export const priceRoutes = [
  route('POST', '/v1/prices', priceFields, (context, params) => createPrice(context, params)),
  route('GET', '/v1/prices', listFields, ({ data }, params) =>
    page(data.all('price'), params, '/v1/prices', (price) => isListed(price, params)),
  ),
  route('GET', '/v1/prices/:id', {}, (context, _params, { id }) => context.find('price', id)),
  route('POST', '/v1/prices/:id', updateFields, (context, params, { id }) => {
    const before = context.find('price', id);
    if (typeof params.lookup_key === 'string')
      claimLookupKey(context, params.lookup_key, params.transfer_lookup_key, id);
    const after: Price = {
      ...before,
      active: params.active ?? before.active,
      lookup_key: params.lookup_key === undefined ? before.lookup_key : params.lookup_key,
      metadata: mergedMetadata(before.metadata, params.metadata),
      nickname: params.nickname === undefined ? before.nickname : params.nickname,
      tax_behavior: params.tax_behavior ?? before.tax_behavior,
    };
    context.data.put('price', after);
    context.emitUpdate('price.updated', before, after);
    return after;
  }),
];

/** Creates a price of an existing product, or of one described by `product_data`. */
export function createPrice(context: Context, params: PriceParams): Price {
  const tiered = params.billing_scheme === 'tiered';
  if (tiered ? params.tiers === undefined || params.tiers_mode === undefined : params.tiers !== undefined) {
    throw invalid(
      '`tiers` and `tiers_mode` are required when, and only when, `billing_scheme` is `tiered`.',
      'tiers',
    );
  }
  const amount = tiered ? null : amountOf(params.unit_amount, params.unit_amount_decimal);
  if (!tiered && amount === null) {
    throw invalid(
      'Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.',
      'unit_amount',
      'parameter_missing',
    );
  }
  if (!/^[a-z]{3}$/i.test(params.currency))
    throw invalid(`Invalid currency: ${params.currency}.`, 'currency');
  if (params.lookup_key !== undefined)
    claimLookupKey(context, params.lookup_key, params.transfer_lookup_key, undefined);
  const price: Price = {
    id: newId('price'),
    object: 'price',
    active: params.active ?? true,
    billing_scheme: params.billing_scheme ?? 'per_unit',
    created: context.now,
    currency: params.currency.toLowerCase(),
    currency_options: undefined,
    custom_unit_amount: null,
    deleted: undefined,
    livemode: context.livemode,
    lookup_key: params.lookup_key ?? null,
    metadata: mergedMetadata(null, params.metadata),
    nickname: params.nickname ?? null,
    product: productOf(context, params),
    recurring: recurringOf(context, params.recurring),
    tax_behavior: params.tax_behavior ?? 'unspecified',
    tiers: undefined,
    tiers_mode: params.tiers_mode ?? null,
    transform_quantity: params.transform_quantity ?? null,
    type: params.recurring === undefined ? 'one_time' : 'recurring',
    unit_amount: amount?.whole ?? null,
    unit_amount_decimal: amount?.exact ?? null,
  };
  context.data.put('price', price);
  context.data.put('_price_detail', {
    id: price.id,
    tiers: params.tiers?.map(storedTier),
    currency_options: undefined,
  });
  context.emit('price.created', price);
  return price;
}

function productOf(context: Context, params: PriceParams): string {
  if (params.product !== undefined) return context.find('product', params.product, 'product').id;
  if (params.product_data === undefined) {
    throw invalid(
      'You must specify either `product` or `product_data` when creating a price.',
      'product',
      'parameter_missing',
    );
  }
  return createProduct(context, params.product_data).id;
}

function recurringOf(context: Context, sent: PriceParams['recurring']): Price['recurring'] {
  if (sent === undefined) return null;
  const usage = sent.usage_type ?? 'licensed';
  if (usage === 'metered' && sent.meter === undefined) {
    throw invalid(
      'As of API version 2025-03-31.basil, prices with usage_type=metered must be backed by a meter. Specify `recurring[meter]`.',
      'recurring[meter]',
    );
  }
  if (sent.meter !== undefined && usage === 'licensed') {
    throw invalid(
      'You cannot set `recurring[meter]` when `recurring[usage_type]` is `licensed`.',
      'recurring[meter]',
    );
  }
  if (
    sent.meter !== undefined &&
    context.find('billing.meter', sent.meter, 'recurring[meter]').status !== 'active'
  ) {
    throw invalid(`The meter ${sent.meter} is inactive.`, 'recurring[meter]');
  }
  return {
    interval: sent.interval,
    interval_count: sent.interval_count ?? 1,
    meter: sent.meter ?? null,
    trial_period_days: sent.trial_period_days ?? null,
    usage_type: usage,
  };
}

/** An amount in minor units as both of its forms; the whole one is null when there are fractions. */
function amountOf(wholeUnits: number | undefined, decimalUnits: string | undefined) {
  if (wholeUnits === undefined && decimalUnits === undefined) return null;
  const exact = Stripe.Decimal.from(decimalUnits ?? wholeUnits ?? 0);
  return { exact, whole: exact.toString().includes('.') ? null : exact.toNumber() };
}

function storedTier(sent: Params<typeof tierFields>): Stripe.Price.Tier {
  const unit = amountOf(sent.unit_amount, sent.unit_amount_decimal);
  const flat = amountOf(sent.flat_amount, sent.flat_amount_decimal);
  return {
    flat_amount: flat?.whole ?? null,
    flat_amount_decimal: flat?.exact ?? null,
    unit_amount: unit?.whole ?? null,
    unit_amount_decimal: unit?.exact ?? null,
    up_to: sent.up_to === 'inf' ? null : sent.up_to,
  };
}

function claimLookupKey(
  context: Context,
  key: string,
  transfer: boolean | undefined,
  claimant: string | undefined,
): void {
  const holder = [...context.data.all('price')].find((price) => price.lookup_key === key && price.active);
  if (holder === undefined || holder.id === claimant) return;
  if (transfer !== true) {
    throw invalid(
      `A price (\`${holder.id}\`) already uses that lookup key. Set transfer_lookup_key to true to move it.`,
      'lookup_key',
      'resource_already_exists',
    );
  }
  context.data.put('price', { ...holder, lookup_key: null });
  context.emitUpdate('price.updated', holder, { ...holder, lookup_key: null });
}

function isListed(price: Price, params: Params<typeof listFields>): boolean {
  const { recurring } = params;
  return (
    (params.active === undefined || price.active === params.active) &&
    (params.currency === undefined || price.currency === params.currency) &&
    (params.lookup_keys === undefined || params.lookup_keys.includes(price.lookup_key ?? '')) &&
    (params.product === undefined || idOf(price.product) === params.product) &&
    (params.type === undefined || price.type === params.type) &&
    (recurring?.interval === undefined || price.recurring?.interval === recurring.interval) &&
    (recurring?.meter === undefined || price.recurring?.meter === recurring.meter) &&
    (recurring?.usage_type === undefined || price.recurring?.usage_type === recurring.usage_type) &&
    within(price.created, params.created)
  );
}
