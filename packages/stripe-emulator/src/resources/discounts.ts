import { reductions } from '../billing/discounts.ts';
import { periodBoundary } from '../billing/periods.ts';
import { invalid } from '../http/errors.ts';
import { clearable, list, shape, text } from '../http/params.ts';
import type { Context } from '../state/context.ts';
import { newId } from '../state/ids.ts';
import { idOf, idOrNull } from '../state/listed.ts';
import type { Coupon, Discount, PromotionCode, Subscription } from '../state/tables.ts';

/** The discounts of a subscription or a session, as requests name them; an empty text takes all away. */
export const discountsField = clearable(list(shape({ coupon: text, discount: text, promotion_code: text })));

type Sent = {
  coupon?: string | undefined;
  discount?: string | undefined;
  promotion_code?: string | undefined;
};

/** What discounts are given to. */
interface Holder {
  customer: string | null;
  subscription: string | null;
  checkout_session: string | null;
}

/** Gives what was sent: stored discounts are kept, coupons and codes are redeemed. */
export function redeemAll(context: Context, sent: Sent[], holder: Holder): string[] {
  return sent.map((one) => {
    if (one.discount !== undefined) return context.find('discount', one.discount, 'discounts').id;
    return redeem(context, terms(context, one), holder).id;
  });
}

/** The coupon that was sent, by itself or by a promotion code; refused when it can no longer be redeemed. */
export function terms(context: Context, sent: Sent): { coupon: Coupon; code: PromotionCode | null } {
  const code =
    sent.promotion_code === undefined
      ? null
      : context.find('promotion_code', sent.promotion_code, 'discounts[0][promotion_code]');
  const id = code === null ? sent.coupon : idOrNull(code.promotion.coupon);
  const coupon = context.find('coupon', id ?? '', 'discounts[0][coupon]');
  const expired = (code?.expires_at ?? Infinity) <= context.now;
  const used = code !== null && code.times_redeemed >= (code.max_redemptions ?? Infinity);
  if (code !== null && (!code.active || expired || used))
    throw invalid(
      'This promotion code is no longer valid.',
      'discounts[0][promotion_code]',
      'coupon_expired',
    );
  if (!isValid(context, coupon))
    throw invalid(`Coupon expired: ${coupon.id}`, 'discounts[0][coupon]', 'coupon_expired');
  return { coupon, code };
}

/** Whether a coupon can still be redeemed. */
function isValid(context: Context, coupon: Coupon): boolean {
  return (
    (coupon.redeem_by ?? Infinity) > context.now &&
    coupon.times_redeemed < (coupon.max_redemptions ?? Infinity)
  );
}

function redeem(
  context: Context,
  { coupon, code }: { coupon: Coupon; code: PromotionCode | null },
  holder: Holder,
): Discount {
  if (code !== null && code.customer !== null && code.customer !== holder.customer)
    throw invalid('This promotion code is for another customer.', 'discounts[0][promotion_code]');
  if (code?.restrictions.first_time_transaction === true && hasPaid(context, holder.customer)) {
    throw invalid(
      'This promotion code cannot be redeemed because the associated customer has prior transactions.',
      'discounts[0][promotion_code]',
    );
  }
  const used = { ...coupon, times_redeemed: coupon.times_redeemed + 1 };
  context.data.put('coupon', { ...used, valid: isValid(context, used) });
  if (code !== null) context.data.put('promotion_code', { ...code, times_redeemed: code.times_redeemed + 1 });
  const months = { interval: 'month', interval_count: coupon.duration_in_months ?? 1 };
  const discount: Discount = {
    id: newId('di'),
    object: 'discount',
    ...holder,
    customer_account: null,
    deleted: undefined,
    end: coupon.duration === 'repeating' ? periodBoundary(context.now, months, 1) : null,
    invoice: null,
    invoice_item: null,
    promotion_code: code?.id ?? null,
    source: { coupon: coupon.id, type: 'coupon' },
    start: context.now,
    subscription_item: null,
  };
  context.data.put('discount', discount);
  if (holder.subscription !== null) context.emit('customer.discount.created', discount);
  return discount;
}

function hasPaid(context: Context, customer: string | null): boolean {
  const invoices = customer === null ? [] : context.data.of('invoice', customer);
  return invoices.some(({ amount_paid, status }) => status === 'paid' && amount_paid > 0);
}

/** One amount that discounts may lower. */
export interface Discountable {
  amount: number;
  discountable: boolean;
  product: string | null;
}

/** What one discount takes off one line. */
export interface DiscountAmount {
  amount: number;
  discount: string;
}

/** What discounts take off each of some lines, one after the other, each from what the last one left. */
export function discountAmounts(
  context: Context,
  ids: string[],
  currency: string,
  lines: Discountable[],
): DiscountAmount[][] {
  const taken: DiscountAmount[][] = lines.map(() => []);
  const left = lines.map(({ amount }) => amount);
  for (const id of ids.filter((found) => isRunning(context, found))) {
    const coupon = couponOf(context, id);
    const products = context.data.get('_coupon_products', coupon.id)?.products;
    const off = reductions(
      lines.map((line, index) => (applies(line, products) ? (left[index] ?? 0) : 0)),
      { percent_off: coupon.percent_off, amount_off: amountOff(coupon, currency) },
    );
    for (const [index, amount] of off.entries()) {
      if (amount === 0) continue;
      left[index] = (left[index] ?? 0) - amount;
      taken[index]?.push({ amount, discount: id });
    }
  }
  return taken;
}

function applies(line: Discountable, products: string[] | undefined): boolean {
  if (!line.discountable) return false;
  return products === undefined || (line.product !== null && products.includes(line.product));
}

/** An amount off counts in the coupon's own currencies only. */
export function amountOff(coupon: Coupon, currency: string): number | null {
  if (coupon.amount_off === null) return null;
  if (coupon.currency === currency) return coupon.amount_off;
  return coupon.currency_options?.[currency]?.amount_off ?? 0;
}

/** The coupon of a discount, also when it was deleted since. */
export function couponOf(context: Context, discount: string): Coupon {
  const { source } = context.find('discount', discount);
  const id = idOrNull(source.coupon) ?? '';
  // A deleted coupon goes on for whoever redeemed it.
  return context.data.get('coupon', id) ?? context.find('_deleted_coupon', id);
}

/** Whether a discount still counts: it has not ended, and one for once was not used yet. */
function isRunning(context: Context, id: string): boolean {
  const discount = context.data.get('discount', id);
  return discount !== undefined && (discount.end ?? Infinity) > context.now;
}

/** Ids of the discounts of a subscription. */
export function discountsOf(subscription: Subscription): string[] {
  return subscription.discounts.map(idOf);
}

/** Takes discounts that ended, and those for once that an invoice used, from a subscription. */
export function dropSpent(context: Context, id: string, used: string[]): void {
  const before = context.find('subscription', id);
  const spent = discountsOf(before).filter(
    (discount) =>
      !isRunning(context, discount) ||
      (used.includes(discount) && couponOf(context, discount).duration === 'once'),
  );
  if (spent.length > 0) takeDiscounts(context, before, spent);
}

/** Takes discounts from a subscription and reports each. */
export function takeDiscounts(context: Context, before: Subscription, taken: string[]): Subscription {
  const after: Subscription = {
    ...before,
    discounts: discountsOf(before).filter((discount) => !taken.includes(discount)),
  };
  context.data.put('subscription', after);
  for (const id of taken) context.emit('customer.discount.deleted', context.find('discount', id));
  context.emitUpdate('customer.subscription.updated', before, after);
  return after;
}
