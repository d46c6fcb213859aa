import { expect, test } from 'vitest';
import { couponTerms } from './coupon-terms.ts';

const fifth = { percent_off: 20, amount_off: null, duration: 'once', duration_months: null } as const;

test('a coupon says what it takes off and for how long', () => {
  expect(couponTerms(fifth)).toBe('20% off once');
  expect(couponTerms({ ...fifth, duration: 'repeating', duration_months: 3 })).toBe('20% off for 3 months');
  expect(
    couponTerms({
      ...fifth,
      percent_off: null,
      amount_off: { amount: 500, currency: 'usd' },
      duration: 'forever',
    }),
  ).toBe('$5 off for good');
});
