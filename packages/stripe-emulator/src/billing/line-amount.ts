import Stripe from 'stripe';

/** What a price charges by; tiers are in order, the last one without `up_to`. */
export interface PriceRule {
  unit_amount_decimal: Stripe.Decimal | null;
  tiers: Stripe.Price.Tier[] | undefined;
  tiers_mode: string | null;
  transform_quantity: Stripe.Price.TransformQuantity | null;
}

const { Decimal } = Stripe;

/**
 * What `quantity` units cost, in whole minor units, rounded once, half away from zero. 3 units at 33.5
 * cents are 100.5 cents and cost 101. Graduated tiers charge each unit in its band, volume tiers charge all
 * units at the band reached; the flat fee of a first tier is charged for no units too.
 */
export function lineAmount(rule: PriceRule, quantity: number): number {
  const exact = exactAmount(rule, quantity);
  return exact.round('half-up', { mode: 'decimal-places', value: 0 }).toNumber();
}

function exactAmount(rule: PriceRule, quantity: number): Stripe.Decimal {
  if (rule.tiers !== undefined) {
    return rule.tiers_mode === 'volume'
      ? volumeAmount(rule.tiers, quantity)
      : graduatedAmount(rule.tiers, quantity);
  }
  const units = rule.transform_quantity === null ? quantity : packages(rule.transform_quantity, quantity);
  return (rule.unit_amount_decimal ?? Decimal.zero).mul(Decimal.from(units));
}

function packages({ divide_by, round }: Stripe.Price.TransformQuantity, quantity: number): number {
  return round === 'up' ? Math.ceil(quantity / divide_by) : Math.floor(quantity / divide_by);
}

function graduatedAmount(tiers: Stripe.Price.Tier[], quantity: number): Stripe.Decimal {
  let from = 0;
  let total = Decimal.zero;
  for (const [index, tier] of tiers.entries()) {
    if (index > 0 && quantity <= from) break;
    const to = Math.min(quantity, tier.up_to ?? Infinity);
    total = total.add(tierAmount(tier, to - from));
    from = to;
  }
  return total;
}

function volumeAmount(tiers: Stripe.Price.Tier[], quantity: number): Stripe.Decimal {
  const reached = tiers.find(({ up_to }) => quantity <= (up_to ?? Infinity));
  return reached === undefined ? Decimal.zero : tierAmount(reached, quantity);
}

function tierAmount(tier: Stripe.Price.Tier, units: number): Stripe.Decimal {
  return (tier.unit_amount_decimal ?? Decimal.zero)
    .mul(Decimal.from(units))
    .add(tier.flat_amount_decimal ?? Decimal.zero);
}
