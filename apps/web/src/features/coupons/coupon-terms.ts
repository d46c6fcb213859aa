import type { Coupon } from '../../api/types.ts';
import { formatMoney } from '../../formatting/money.ts';

type Terms = Pick<Coupon, 'percent_off' | 'amount_off' | 'duration' | 'duration_months'>;

/** What a coupon takes off and for how long: "20% off for 3 months", "$5 off once". */
export function couponTerms({ percent_off, amount_off, duration, duration_months }: Terms): string {
  const off = amount_off ? formatMoney(amount_off) : `${percent_off ?? 0}%`;
  if (duration === 'once') return `${off} off once`;
  if (duration === 'forever') return `${off} off for good`;
  return `${off} off for ${duration_months} ${duration_months === 1 ? 'month' : 'months'}`;
}
