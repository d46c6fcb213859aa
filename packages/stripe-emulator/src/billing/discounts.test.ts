import { describe, expect, it } from 'vitest';
import { reductions } from './discounts.ts';

const percent = (percent_off: number) => ({ percent_off, amount_off: null });
const amount = (amount_off: number) => ({ percent_off: null, amount_off });

describe('what a coupon takes off', () => {
  it.each([
    // "Coupons", docs.stripe.com/billing/subscriptions/coupons: percent_off 25.5 or amount_off 500.
    ['25.5 %', [10_000], percent(25.5), [2550]],
    ['an amount', [2000], amount(500), [500]],
    ['20 % of several lines adds up to 20 % of all', [999, 999, 999], percent(20), [200, 200, 199]],
    ['an amount by the size of the lines', [2000, 1000], amount(1000), [667, 333]],
    ['never more than there is', [300, 100], amount(1000), [300, 100]],
    ['nothing from credits', [-500, 1000], percent(50), [0, 500]],
    ['everything', [1234], percent(100), [1234]],
    ['nothing from nothing', [0, 0], amount(100), [0, 0]],
    ['half a cent up', [1], percent(50), [1]],
  ])('%s', (_what, amounts, reduction, expected) => {
    expect(reductions(amounts, reduction)).toEqual(expected);
  });
});
