import type { NewCoupon } from '../../api/types.ts';
import { parseMoney } from '../../formatting/money.ts';
import { parseCount } from '../../formatting/numbers.ts';

/** A coupon as it is typed. */
export type CouponDraft = {
  name: string;
  key: string;
  kind: 'percent' | 'amount';
  percent_off: string;
  amount_off: string;
  currency: string;
  duration: 'once' | 'repeating' | 'forever';
  duration_months: string;
  redemptions_max: string;
  /** A day, its end in UTC is meant. */
  redeem_by: string;
};

export const emptyCoupon: CouponDraft = {
  name: '',
  key: '',
  kind: 'percent',
  percent_off: '',
  amount_off: '',
  currency: 'usd',
  duration: 'once',
  duration_months: '3',
  redemptions_max: '',
  redeem_by: '',
};

/** More than 0 and at most 100, with two decimals at most; undefined for anything else. */
export function parsePercent(typed: string): number | undefined {
  const text = typed.trim();
  const percent = /^\d{1,3}(?:\.\d{1,2})?$/.test(text) ? Number(text) : 0;
  return percent > 0 && percent <= 100 ? percent : undefined;
}

/** The request of a draft whose fields are valid. */
export function couponOf(draft: CouponDraft): NewCoupon {
  const months = parseCount(draft.duration_months);
  const redemptions = parseCount(draft.redemptions_max);
  const percent = parsePercent(draft.percent_off);
  const amount = parseMoney(draft.amount_off, draft.currency);
  return {
    name: draft.name.trim(),
    key: draft.key.trim(),
    ...(draft.kind === 'percent' && percent !== undefined ? { percent_off: percent } : {}),
    ...(draft.kind === 'amount' && amount !== undefined
      ? { amount_off: amount, currency: draft.currency }
      : {}),
    duration: draft.duration,
    ...(draft.duration === 'repeating' && months !== undefined ? { duration_months: months } : {}),
    ...(redemptions === undefined ? {} : { redemptions_max: redemptions }),
    ...(draft.redeem_by === '' ? {} : { redeem_by: `${draft.redeem_by}T23:59:59Z` }),
  };
}
