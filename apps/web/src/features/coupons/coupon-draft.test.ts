import { expect, test } from 'vitest';
import { couponOf, emptyCoupon, parsePercent } from './coupon-draft.ts';

test('a coupon sends what its kind and duration have', () => {
  const draft = { ...emptyCoupon, name: 'Spring', key: 'SPRING', percent_off: '20', amount_off: '5' };
  expect(couponOf(draft)).toEqual({ name: 'Spring', key: 'SPRING', percent_off: 20, duration: 'once' });
  expect(
    couponOf({
      ...draft,
      kind: 'amount',
      duration: 'repeating',
      redemptions_max: '10',
      redeem_by: '2026-12-31',
    }),
  ).toEqual({
    name: 'Spring',
    key: 'SPRING',
    amount_off: 500,
    currency: 'usd',
    duration: 'repeating',
    duration_months: 3,
    redemptions_max: 10,
    redeem_by: '2026-12-31T23:59:59Z',
  });
});

test.each(['0', '100.01', '12.345', 'ten', ''])('"%s" is no percentage of a discount', (typed) => {
  expect(parsePercent(typed)).toBeUndefined();
});
