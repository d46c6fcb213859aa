import { describe, expect, it } from 'vitest';
import { stripeStatuses } from '../../stripe/stripe.subscription-state.ts';
import { accessOf, isRunning, runningStatuses } from './subscription.ts';

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
