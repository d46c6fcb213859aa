import Stripe from 'stripe';

/** A price in our words. Amounts are minor units of its currency, unit amounts exact decimals. */
export interface PriceToCharge {
  type: 'flat' | 'per_seat' | 'per_unit' | 'package' | 'graduated' | 'volume';
  amount: number | null;
  unit_amount: string | null;
  package_size: number | null;
  included_units: number;
  tiers: { up_to: number | null; unit_amount: string; flat_amount: number }[] | null;
}

type StripeTerms = Pick<
  Stripe.PriceCreateParams,
  'unit_amount' | 'unit_amount_decimal' | 'billing_scheme' | 'tiers_mode' | 'tiers' | 'transform_quantity'
>;

/**
 * How Stripe is told to charge a price; undefined where it has no way to: a package or volume price with included
 * units. Elsewhere included units are a first tier that costs nothing, which also carries the flat fee of the tier it
 * pushes back: 1,000 included, then 0.5 each, is `[{ up_to: 1000, 0 }, { up_to: inf, 0.5 }]`.
 */
export function stripePriceTerms(price: PriceToCharge): StripeTerms | undefined {
  const { included_units: included } = price;
  switch (price.type) {
    case 'flat':
    case 'per_seat':
      return { unit_amount: present(price.amount) };
    case 'per_unit':
      return included === 0
        ? { unit_amount_decimal: Stripe.Decimal.from(present(price.unit_amount)) }
        : tiered('graduated', [
            { up_to: included, unit_amount: '0', flat_amount: 0 },
            { up_to: null, unit_amount: present(price.unit_amount), flat_amount: 0 },
          ]);
    case 'package':
      return included === 0
        ? {
            unit_amount_decimal: Stripe.Decimal.from(present(price.unit_amount)),
            transform_quantity: { divide_by: present(price.package_size), round: 'up' },
          }
        : undefined;
    case 'graduated':
      return tiered('graduated', shifted(present(price.tiers), included));
    case 'volume':
      return included === 0 ? tiered('volume', present(price.tiers)) : undefined;
  }
}

function shifted(tiers: NonNullable<PriceToCharge['tiers']>, by: number) {
  if (by === 0) {
    return tiers;
  }
  const later = tiers.map((tier, index) => ({
    ...tier,
    up_to: tier.up_to === null ? null : tier.up_to + by,
    flat_amount: index === 0 ? 0 : tier.flat_amount,
  }));
  return [{ up_to: by, unit_amount: '0', flat_amount: tiers[0]?.flat_amount ?? 0 }, ...later];
}

function tiered(mode: 'graduated' | 'volume', tiers: NonNullable<PriceToCharge['tiers']>): StripeTerms {
  return {
    billing_scheme: 'tiered',
    tiers_mode: mode,
    tiers: tiers.map((tier) => ({
      up_to: tier.up_to ?? 'inf',
      unit_amount_decimal: Stripe.Decimal.from(tier.unit_amount),
      ...(tier.flat_amount === 0 ? {} : { flat_amount: tier.flat_amount }),
    })),
  };
}

function present<T>(value: T | null): T {
  if (value === null) {
    throw new Error('A price lacks what its type needs.');
  }
  return value;
}
