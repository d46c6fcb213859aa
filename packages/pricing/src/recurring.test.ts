import { describe, expect, it } from 'vitest';
import { monthlyAmount } from './recurring.ts';

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
    // 6 × 365/12 = 182.5 exactly, where floating point has 182.49999999999997.
    [{ amount: 6, quantity: 1, interval: 'day', interval_count: 1 }, 183],
    // Half a minor unit is rounded away from zero.
    [{ amount: 18, quantity: 1, interval: 'year', interval_count: 1 }, 2],
    [{ amount: 0, quantity: 5, interval: 'month', interval_count: 1 }, 0],
  ] as const)('of %o is %i', (price, amount) => {
    expect(monthlyAmount(price)).toBe(amount);
  });

  it('is refused for what is no quantity and no interval', () => {
    const price = { amount: 1, quantity: 1, interval: 'month', interval_count: 1 } as const;
    expect(() => monthlyAmount({ ...price, quantity: -1 })).toThrow('quantity must be an integer');
    expect(() => monthlyAmount({ ...price, interval_count: 0 })).toThrow('interval_count must be a positive');
  });
});
