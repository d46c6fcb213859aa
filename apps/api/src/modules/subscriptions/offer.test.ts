import { describe, expect, it } from 'vitest';
import { itemsOf, type OfferedPrice, offerOf, quantityOf } from './offer.ts';

const price = (id: string, own: Partial<OfferedPrice> = {}): OfferedPrice => ({
  id,
  type: 'flat',
  feature: null,
  currency: 'usd',
  interval: 'month',
  interval_count: 1,
  ...own,
});
const monthly = price('monthly');
const seats = price('seats', { type: 'per_seat' });
const calls = price('calls', { type: 'per_unit', feature: 'api_calls' });
const yearly = price('yearly', { interval: 'year' });
const plan = { key: 'pro', prices: [monthly, seats, calls, yearly] };

describe('which prices are sold together', () => {
  it('is those of the same currency and interval', () => {
    expect(offerOf(plan, { interval: 'month' })).toEqual([monthly, seats, calls]);
    expect(offerOf(plan, { price: 'seats' })).toEqual([monthly, seats, calls]);
    expect(offerOf(plan, { price: 'yearly' })).toEqual([yearly]);
  });

  it('is the only offer, when nothing is named', () => {
    expect(offerOf({ key: 'solo', prices: [monthly] }, {})).toEqual([monthly]);
  });

  it('must be said when there are several', () => {
    expect(() => offerOf(plan, {})).toThrow(/several prices/);
  });

  it('is refused when the plan has none like it, naming those it has', () => {
    expect(() => offerOf(plan, { currency: 'eur' })).toThrow(/usd every month, usd every year/);
    expect(() => offerOf(plan, { price: 'price_other' })).toThrow(/no price price_other/);
    expect(() => offerOf({ key: 'free', prices: [] }, {})).toThrow(/no price/);
  });
});

describe('the quantities of an offer', () => {
  it('count seats, beside a flat price charged once and use charged by itself', () => {
    const items = itemsOf([monthly, seats, calls], 7);

    expect(items.map(({ price: { id }, quantity }) => [id, quantity])).toEqual([
      ['monthly', 1],
      ['seats', 7],
      ['calls', null],
    ]);
    expect(quantityOf(items)).toBe(7);
  });

  it('count how many are bought, where nothing is charged by seat', () => {
    const items = itemsOf([monthly, calls], 3);

    expect(items.map(({ quantity }) => quantity)).toEqual([3, null]);
    expect(quantityOf(items)).toBe(3);
  });
});
