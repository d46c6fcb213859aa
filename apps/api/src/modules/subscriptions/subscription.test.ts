import { describe, expect, it } from 'vitest';
import { stripeStatuses } from '../../stripe/stripe.subscription-state.ts';
import { accessOf, isRunning, monthlyAmount, runningStatuses } from './subscription.ts';

describe('what a subscription lets its customer do', () => {
  it.each([
    ['trialing', 'granted'],
    ['active', 'granted'],
    ['past_due', 'granted'],
    ['unpaid', 'withheld'],
    ['paused', 'withheld'],
    ['incomplete', 'none'],
    ['incomplete_expired', 'none'],
    ['canceled', 'none'],
  ] as const)('is, while %s, %s', (status, access) => {
    expect(accessOf(status)).toBe(access);
  });

  it('is something exactly while the subscription runs', () => {
    expect(stripeStatuses.filter(isRunning).toSorted()).toEqual([...runningStatuses].toSorted());
  });
});

describe('what a price comes to in a month', () => {
  it.each([
    [{ amount: 1_900, quantity: 1, interval: 'month', interval_count: 1 }, 1_900],
    [{ amount: 1_900, quantity: 3, interval: 'month', interval_count: 1 }, 5_700],
    [{ amount: 3_000, quantity: 1, interval: 'month', interval_count: 3 }, 1_000],
    [{ amount: 19_000, quantity: 1, interval: 'year', interval_count: 1 }, 1_583],
    [{ amount: 24_000, quantity: 2, interval: 'year', interval_count: 2 }, 2_000],
    [{ amount: 1_000, quantity: 1, interval: 'week', interval_count: 1 }, 4_333],
    [{ amount: 1_000, quantity: 1, interval: 'week', interval_count: 2 }, 2_167],
    [{ amount: 100, quantity: 1, interval: 'day', interval_count: 1 }, 3_042],
    // Half a minor unit is rounded up.
    [{ amount: 18, quantity: 1, interval: 'year', interval_count: 1 }, 2],
    [{ amount: 0, quantity: 5, interval: 'month', interval_count: 1 }, 0],
  ] as const)('of %o is %i', (price, amount) => {
    expect(monthlyAmount(price)).toBe(amount);
  });
});
