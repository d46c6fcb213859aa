import { describe, expect, it } from 'vitest';
import { monthlyRevenue, recurringAmounts, type RecurringSale } from './recurring-revenue.ts';

type Item = RecurringSale['items'][number];
const item = (amount: number, own: Partial<Item['price']> = {}, quantity = 1): Item => ({
  price: {
    type: 'flat',
    amount,
    unit_amount: null,
    package_size: null,
    included_units: 0,
    tiers: null,
    feature: null,
    currency: 'usd',
    interval: 'month',
    interval_count: 1,
    ...own,
  },
  quantity,
});
const byUse = item(0, { type: 'per_unit', amount: null, unit_amount: '2', feature: 'calls' });

describe('what a subscription brings in a month', () => {
  it('is what is charged in advance, seats by their number, use not counted', () => {
    const sale = { items: [item(5_000), item(1_000, { type: 'per_seat' }, 3), byUse], discounts: [] };

    expect(monthlyRevenue(sale)).toEqual({ amount: 8_000, currency: 'usd' });
    expect(monthlyRevenue({ items: [byUse], discounts: [] })).toBeNull();
  });

  it('counts seats by their tiers', () => {
    const tiers = [
      { up_to: 5, unit_amount: '1000', flat_amount: 0 },
      { up_to: null, unit_amount: '800', flat_amount: 0 },
    ];

    const sale = { items: [item(0, { type: 'graduated', amount: null, tiers }, 7)], discounts: [] };

    // 5 × 1,000 + 2 × 800.
    expect(monthlyRevenue(sale)?.amount).toBe(6_600);
  });

  it('is less the discounts that last for ever, and only those', () => {
    const yearly = [item(90_000, { interval: 'year' })];
    const discount = (percent: number, duration: 'once' | 'repeating' | 'forever') => ({
      percent_off: percent,
      amount_off: null,
      duration,
    });

    // 90,000 less a tenth, a twelfth of it.
    expect(monthlyRevenue({ items: yearly, discounts: [discount(10, 'forever')] })?.amount).toBe(6_750);
    expect(monthlyRevenue({ items: yearly, discounts: [discount(10, 'repeating')] })?.amount).toBe(7_500);
  });

  it('adds up by currency', () => {
    const sales = [
      { items: [item(3_000)], discounts: [], times: 4 },
      { items: [item(1_000, { currency: 'eur', interval: 'week' })], discounts: [] },
    ];

    // 1,000 × 52 / 12 = 4,333.33.
    expect(recurringAmounts(sales)).toEqual([
      { amount: 12_000, currency: 'usd' },
      { amount: 4_333, currency: 'eur' },
    ]);
  });
});
