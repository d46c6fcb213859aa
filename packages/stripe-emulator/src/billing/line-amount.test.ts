import Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { lineAmount, type PriceRule } from './line-amount.ts';

const { Decimal } = Stripe;
const flat = (unit: string): PriceRule => ({
  unit_amount_decimal: Decimal.from(unit),
  tiers: undefined,
  tiers_mode: null,
  transform_quantity: null,
});
const tier = (upTo: number | null, unit: number, fee = 0): Stripe.Price.Tier => ({
  up_to: upTo,
  unit_amount: unit,
  unit_amount_decimal: Decimal.from(unit),
  flat_amount: fee,
  flat_amount_decimal: Decimal.from(fee),
});
const tiered = (mode: string, ...tiers: Stripe.Price.Tier[]): PriceRule => ({
  unit_amount_decimal: null,
  tiers,
  tiers_mode: mode,
  transform_quantity: null,
});

describe('what a line costs', () => {
  it('is exact before it is rounded once, half away from zero', () => {
    expect(lineAmount(flat('33.5'), 3)).toBe(101);
    expect(lineAmount(flat('0.1'), 25)).toBe(3);
    expect(lineAmount(flat('0.000123'), 1_000_000)).toBe(123);
    expect(lineAmount(flat('0.1'), 4)).toBe(0);
  });

  it('charges graduated tiers band by band, with the fee of each band reached', () => {
    const rule = tiered('graduated', tier(5, 700, 100), tier(10, 650), tier(null, 600));
    expect([0, 1, 5, 6, 10, 20].map((quantity) => lineAmount(rule, quantity))).toEqual([
      100, 800, 3600, 4250, 6850, 12_850,
    ]);
  });

  it('charges volume tiers at the band reached, so the total may fall at a boundary', () => {
    const rule = tiered('volume', tier(5, 700), tier(10, 650), tier(null, 600));
    expect([1, 5, 6, 20].map((quantity) => lineAmount(rule, quantity))).toEqual([700, 3500, 3900, 12_000]);
  });

  it('charges whole packages', () => {
    const rule = { ...flat('500'), transform_quantity: { divide_by: 100, round: 'up' } };
    expect([0, 1, 100, 101].map((quantity) => lineAmount(rule, quantity))).toEqual([0, 500, 500, 1000]);
    expect(lineAmount({ ...rule, transform_quantity: { divide_by: 100, round: 'down' } }, 199)).toBe(500);
  });
});
