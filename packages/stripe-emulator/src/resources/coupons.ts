import { badParameter, invalid } from '../http/errors.ts';
import { page, pageFields, within } from '../http/pagination.ts';
import {
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
import { newId, randomText } from '../state/ids.ts';
import { idOrNull } from '../state/listed.ts';
import type { Coupon, PromotionCode } from '../state/tables.ts';

const percent: Field<number> = {
  read(form, name) {
    const value = text.read(form, name);
    const number = Number(value);
    if (!/^\d+(\.\d{1,4})?$/.test(value) || number <= 0 || number > 100)
      throw badParameter('Must be greater than 0 and at most 100, with up to 4 decimals', name);
    return number;
  },
};

/** Amounts by currency, as in `currency_options[eur][amount_off]`. */
const amountsByCurrency: Field<Record<string, { amount_off: number }>> = {
  read(form, name) {
    if (typeof form === 'string') throw badParameter('Invalid object', name);
    const option = shape({ amount_off: required(whole) });
    return Object.fromEntries(
      Object.entries(form).map(([currency, value]) => [currency, option.read(value, `${name}[${currency}]`)]),
    );
  },
};

const createFields = {
  amount_off: whole,
  applies_to: shape({ products: list(text) }),
  currency: text,
  currency_options: amountsByCurrency,
  duration: oneOf('forever', 'once', 'repeating'),
  duration_in_months: whole,
  id: text,
  max_redemptions: whole,
  metadata,
  name: text,
  percent_off: percent,
  redeem_by: whole,
};
const codeFields = {
  active: flag,
  code: text,
  customer: text,
  expires_at: whole,
  max_redemptions: whole,
  metadata,
  promotion: required(shape({ type: required(oneOf('coupon')), coupon: required(text) })),
  restrictions: shape({ first_time_transaction: flag }),
};

export const couponRoutes = [
  route('POST', '/v1/coupons', createFields, (context, params) => createCoupon(context, params)),
  route('GET', '/v1/coupons', { ...pageFields, created: range }, ({ data }, params) =>
    page(data.all('coupon'), params, '/v1/coupons', ({ created }) => within(created, params.created)),
  ),
  route('GET', '/v1/coupons/:id', {}, (context, _params, { id }) => context.find('coupon', id)),
  route('POST', '/v1/coupons/:id', { metadata, name: text }, (context, params, { id }) => {
    const before = context.find('coupon', id);
    const after: Coupon = {
      ...before,
      metadata: mergedMetadata(before.metadata, params.metadata),
      name: params.name ?? before.name,
    };
    context.data.put('coupon', after);
    context.emitUpdate('coupon.updated', before, after);
    return after;
  }),
  route('DELETE', '/v1/coupons/:id', {}, (context, _params, { id }) => {
    const coupon = context.find('coupon', id);
    context.data.remove('coupon', id);
    context.data.put('_deleted_coupon', coupon);
    context.emit('coupon.deleted', coupon);
    return { id, object: 'coupon', deleted: true };
  }),
  route('POST', '/v1/promotion_codes', codeFields, (context, params) => createCode(context, params)),
  route(
    'GET',
    '/v1/promotion_codes',
    { ...pageFields, active: flag, code: text, coupon: text, created: range, customer: text },
    ({ data }, params) =>
      page(
        data.all('promotion_code'),
        params,
        '/v1/promotion_codes',
        (code) =>
          (params.active === undefined || code.active === params.active) &&
          (params.code === undefined || code.code.toLowerCase() === params.code.toLowerCase()) &&
          (params.coupon === undefined || idOrNull(code.promotion.coupon) === params.coupon) &&
          (params.customer === undefined || code.customer === params.customer) &&
          within(code.created, params.created),
      ),
  ),
  route('GET', '/v1/promotion_codes/:id', {}, (context, _params, { id }) =>
    context.find('promotion_code', id),
  ),
  route('POST', '/v1/promotion_codes/:id', { active: flag, metadata }, (context, params, { id }) => {
    const before = context.find('promotion_code', id);
    const after: PromotionCode = {
      ...before,
      active: params.active ?? before.active,
      metadata: mergedMetadata(before.metadata, params.metadata),
    };
    context.data.put('promotion_code', after);
    context.emitUpdate('promotion_code.updated', before, after);
    return after;
  }),
];

function createCoupon(context: Context, params: Params<typeof createFields>): Coupon {
  const duration = params.duration ?? 'once';
  if ((params.amount_off === undefined) === (params.percent_off === undefined))
    throw invalid('You must pass either `percent_off` or `amount_off`, and not both.', 'percent_off');
  if (params.amount_off !== undefined && params.currency === undefined)
    throw invalid('You must pass currency when passing amount_off', 'currency', 'parameter_missing');
  if ((duration === 'repeating') !== (params.duration_in_months !== undefined)) {
    throw invalid(
      'You must pass `duration_in_months` when, and only when, `duration` is `repeating`.',
      'duration_in_months',
    );
  }
  const id = params.id ?? randomText(8);
  if (context.data.get('coupon', id) !== undefined)
    throw invalid('Coupon already exists.', 'id', 'resource_already_exists');
  const coupon: Coupon = {
    id,
    object: 'coupon',
    amount_off: params.amount_off ?? null,
    applies_to: undefined,
    created: context.now,
    currency: params.currency?.toLowerCase() ?? null,
    currency_options: params.currency_options,
    deleted: undefined,
    duration,
    duration_in_months: params.duration_in_months ?? null,
    livemode: context.livemode,
    max_redemptions: params.max_redemptions ?? null,
    metadata: mergedMetadata(null, params.metadata),
    name: params.name ?? null,
    percent_off: params.percent_off ?? null,
    redeem_by: params.redeem_by ?? null,
    times_redeemed: 0,
    valid: true,
  };
  context.data.put('coupon', coupon);
  if (params.applies_to?.products !== undefined)
    context.data.put('_coupon_products', { id, products: params.applies_to.products });
  context.emit('coupon.created', coupon);
  return coupon;
}

function createCode(context: Context, params: Params<typeof codeFields>): PromotionCode {
  const coupon = context.find('coupon', params.promotion.coupon, 'promotion[coupon]');
  const code = params.code ?? randomText(8).toUpperCase();
  const taken = [...context.data.all('promotion_code')].some(
    (other) => other.active && other.code.toLowerCase() === code.toLowerCase(),
  );
  if (taken) throw invalid(`An active promotion code with \`code: ${code}\` already exists.`, 'code');
  const promotion: PromotionCode = {
    id: newId('promo'),
    object: 'promotion_code',
    active: params.active ?? true,
    code,
    created: context.now,
    customer: params.customer === undefined ? null : context.find('customer', params.customer, 'customer').id,
    customer_account: null,
    expires_at: params.expires_at ?? null,
    livemode: context.livemode,
    max_redemptions: params.max_redemptions ?? null,
    metadata: mergedMetadata(null, params.metadata),
    promotion: { coupon: coupon.id, type: 'coupon' },
    restrictions: {
      first_time_transaction: params.restrictions?.first_time_transaction ?? false,
      minimum_amount: null,
      minimum_amount_currency: null,
    },
    times_redeemed: 0,
  };
  context.data.put('promotion_code', promotion);
  context.emit('promotion_code.created', promotion);
  return promotion;
}
