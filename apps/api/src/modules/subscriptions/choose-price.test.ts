import { describe, expect, it } from 'vitest';
import { PlanHasNoPrice, PriceNotChosen, PriceNotFound } from '../catalog/catalog.errors.ts';
import { choosePrice } from './choose-price.ts';

function price(id: string, interval: 'month' | 'year') {
  return {
    id,
    type: 'flat' as const,
    amount: { amount: 1_900, currency: 'usd' },
    unit_amount: null,
    package_size: null,
    included_units: 0,
    tiers: null,
    feature: null,
    currency: 'usd',
    interval,
    interval_count: 1,
    stripe_price_id: null,
  };
}
const monthly = price('price_month', 'month');
const yearly = price('price_year', 'year');

describe('the price that is meant', () => {
  it('is the only one, when there is one', () => {
    expect(choosePrice({ key: 'pro', prices: [monthly] }, undefined)).toBe(monthly);
  });

  it('is the named one, wherever it stands', () => {
    expect(choosePrice({ key: 'pro', prices: [monthly, yearly] }, 'price_year')).toBe(yearly);
  });

  it('must be named when there are several', () => {
    expect(() => choosePrice({ key: 'pro', prices: [monthly, yearly] }, undefined)).toThrow(PriceNotChosen);
  });

  it('is refused when the plan has no such price, even if it has just one', () => {
    expect(() => choosePrice({ key: 'pro', prices: [monthly] }, 'price_year')).toThrow(PriceNotFound);
  });

  it('is refused when the plan has none', () => {
    expect(() => choosePrice({ key: 'pro', prices: [] }, undefined)).toThrow(PlanHasNoPrice);
    expect(() => choosePrice({ key: 'pro', prices: [] }, 'price_year')).toThrow(PlanHasNoPrice);
  });
});
