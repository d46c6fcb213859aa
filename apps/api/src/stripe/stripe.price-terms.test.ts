import { describe, expect, it } from 'vitest';
import { type PriceToCharge, stripePriceTerms } from './stripe.price-terms.ts';

const price = (fields: Partial<PriceToCharge> & Pick<PriceToCharge, 'type'>): PriceToCharge => ({
  amount: null,
  unit_amount: null,
  package_size: null,
  included_units: 0,
  tiers: null,
  ...fields,
});
const tiers = [
  { up_to: 100, unit_amount: '5', flat_amount: 200 },
  { up_to: null, unit_amount: '2.5', flat_amount: 0 },
];
/** As it goes over the wire. */
const terms = (fields: Parameters<typeof price>[0]): unknown => {
  const told = stripePriceTerms(price(fields));
  return told === undefined ? undefined : JSON.parse(JSON.stringify(told));
};

describe('what Stripe is told of a price', () => {
  it('is an amount, for a period or a seat', () => {
    expect(terms({ type: 'flat', amount: 1_900 })).toEqual({ unit_amount: 1_900 });
    expect(terms({ type: 'per_seat', amount: 800 })).toEqual({ unit_amount: 800 });
  });

  it('is a decimal for each unit, and included units are a free first tier', () => {
    expect(terms({ type: 'per_unit', unit_amount: '0.35' })).toEqual({ unit_amount_decimal: '0.35' });
    expect(terms({ type: 'per_unit', unit_amount: '0.35', included_units: 1_000 })).toEqual({
      billing_scheme: 'tiered',
      tiers_mode: 'graduated',
      tiers: [
        { up_to: 1_000, unit_amount_decimal: '0' },
        { up_to: 'inf', unit_amount_decimal: '0.35' },
      ],
    });
  });

  it('is a quantity divided and rounded up for packages', () => {
    expect(terms({ type: 'package', unit_amount: '100', package_size: 1_000 })).toEqual({
      unit_amount_decimal: '100',
      transform_quantity: { divide_by: 1_000, round: 'up' },
    });
  });

  it('is tiers, which included units shift behind a free one that carries the first flat fee', () => {
    expect(terms({ type: 'graduated', tiers })).toEqual({
      billing_scheme: 'tiered',
      tiers_mode: 'graduated',
      tiers: [
        { up_to: 100, unit_amount_decimal: '5', flat_amount: 200 },
        { up_to: 'inf', unit_amount_decimal: '2.5' },
      ],
    });
    expect(terms({ type: 'graduated', tiers, included_units: 50 })).toEqual({
      billing_scheme: 'tiered',
      tiers_mode: 'graduated',
      tiers: [
        { up_to: 50, unit_amount_decimal: '0', flat_amount: 200 },
        { up_to: 150, unit_amount_decimal: '5' },
        { up_to: 'inf', unit_amount_decimal: '2.5' },
      ],
    });
    expect(terms({ type: 'volume', tiers })).toMatchObject({ tiers_mode: 'volume' });
  });

  it('is nothing for what Stripe has no way to charge', () => {
    expect(terms({ type: 'volume', tiers, included_units: 1 })).toBeUndefined();
    expect(terms({ type: 'package', unit_amount: '1', package_size: 2, included_units: 1 })).toBeUndefined();
  });
});
