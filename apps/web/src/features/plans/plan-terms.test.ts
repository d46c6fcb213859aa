import { expect, test } from 'vitest';
import { featureLine, priceTag } from './plan-terms.ts';

const calls = { name: 'API calls', type: 'metered', limit: 10_000, overage: 'block', value: null } as const;

test('a price tag tells amount and period', () => {
  const usd = { amount: 2900, currency: 'usd' };
  expect(priceTag({ amount: usd, interval: 'month', interval_count: 1 })).toEqual({
    amount: '$29',
    period: '/ month',
  });
  expect(priceTag({ amount: usd, interval: 'month', interval_count: 3 }).period).toBe('/ 3 months');
});

test('a plan without a price, or at nothing, is free', () => {
  const nothing = { amount: { amount: 0, currency: 'usd' }, interval: 'month', interval_count: 1 } as const;
  expect(priceTag(undefined).amount).toBe('Free');
  expect(priceTag(nothing)).toEqual({ amount: 'Free', period: '' });
});

test('a feature line says how much is included', () => {
  expect(featureLine(calls)).toBe('10,000 API calls');
  expect(featureLine({ ...calls, overage: 'allow' })).toBe('10,000 API calls, more on top');
  expect(featureLine({ ...calls, limit: null })).toBe('Unlimited API calls');
  expect(featureLine({ ...calls, type: 'boolean', limit: null })).toBe('API calls');
  expect(featureLine({ ...calls, name: 'Support', type: 'config', value: 'e-mail' })).toBe('Support: e-mail');
});
