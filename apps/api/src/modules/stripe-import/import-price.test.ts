import { describe, expect, it } from 'vitest';
import type { ListedPrice } from '../../stripe/stripe.listing.ts';
import { keyOf, priceWish } from './import-price.ts';

const monthly: ListedPrice = {
  stripe_price_id: 'price_1',
  lookup_key: null,
  currency: 'usd',
  recurring: { interval: 'month', interval_count: 1, is_metered: false, stripe_meter_id: null },
  unit_amount: '1900',
  divide_by: null,
  rounds_up: false,
  tiers_mode: null,
  tiers: [],
};
const metered = { interval: 'month', interval_count: 1, is_metered: true, stripe_meter_id: 'mtr_1' };

describe('a price of Stripe', () => {
  it.each([
    ['flat', {}, { type: 'flat', amount: 1_900 }],
    ['per unit used', { recurring: metered, unit_amount: '0.35' }, { type: 'per_unit', unit_amount: '0.35' }],
    [
      'in packages',
      { divide_by: 100, rounds_up: true, unit_amount: '500' },
      { type: 'package', unit_amount: '500', package_size: 100 },
    ],
    [
      'in tiers',
      {
        unit_amount: null,
        tiers_mode: 'graduated',
        tiers: [
          { up_to: 10, unit_amount: '0', flat_amount: '500' },
          { up_to: null, unit_amount: '1.5', flat_amount: '0' },
        ],
      },
      {
        type: 'graduated',
        tiers: [
          { up_to: 10, unit_amount: '0', flat_amount: 500 },
          { up_to: null, unit_amount: '1.5', flat_amount: 0 },
        ],
      },
    ],
  ])('that is %s has words here', (_, change, wish) => {
    expect(priceWish({ ...monthly, ...change }, 'api_calls')).toMatchObject({
      currency: 'usd',
      interval: 'month',
      ...wish,
    });
  });

  it.each([
    ['is paid once', { recurring: null }],
    ['is chosen by the customer', { unit_amount: null }],
    ['has a fraction of a cent for a seat', { unit_amount: '0.5' }],
    ['rounds packages down', { divide_by: 10, rounds_up: false }],
    ['is of a rhythm nobody has', { recurring: { ...metered, is_metered: false, interval: 'decade' } }],
  ])('that %s is left out with the reason', (_, change) => {
    expect(priceWish({ ...monthly, ...change }, undefined)).toEqual({ reason: expect.any(String) });
  });
});

it('a key is what of a name can be typed', () => {
  expect(['Pro Plan (2024)', 'Überplan', '  ', '專業'].map(keyOf)).toEqual([
    'pro-plan-2024',
    'u-berplan',
    'plan',
    'plan',
  ]);
});
