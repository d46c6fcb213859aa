import type { PriceType, Tier } from './price.ts';

interface ShownPrice {
  type: PriceType;
  included_units: number;
  tiers: Tier[] | null;
  feature: string | null;
}

/**
 * What is allowed but seldom meant: a total that falls when one more unit is used (100 units at 10 cost 1,000, 101 at
 * 5 cost 505), and a price for the use of a feature that the plan does not grant.
 */
export function warningsOf(
  prices: readonly ShownPrice[],
  features: readonly { feature: string }[],
): string[] {
  return [
    ...new Set(
      prices.flatMap((price) => [
        ...fallsOf(price).map(
          (units) =>
            `The volume price ${price.feature === null ? 'for seats' : `for ${price.feature}`} makes the total fall after ${units} units: one more costs less than none.`,
        ),
        ...(price.feature === null || features.some(({ feature }) => feature === price.feature)
          ? []
          : [`A price charges the use of ${price.feature}, which the plan does not grant.`]),
      ]),
    ),
  ];
}

/** After how many units the total of a volume price falls. */
function fallsOf({ type, tiers, included_units: included }: ShownPrice): number[] {
  if (type !== 'volume' || tiers === null) {
    return [];
  }
  return tiers.flatMap((tier, index) => {
    const next = tiers[index + 1];
    const upTo = tier.up_to;
    return next === undefined || upTo === null || total(upTo + 1, next) >= total(upTo, tier)
      ? []
      : [upTo + included];
  });
}

const scale = 12;

/** In 10⁻¹² of a minor unit: exact. */
function total(units: number, { unit_amount: unitAmount, flat_amount: flat }: Tier): bigint {
  const [whole = '0', fraction = ''] = unitAmount.split('.');
  return BigInt(units) * BigInt(whole + fraction.padEnd(scale, '0')) + BigInt(flat) * 10n ** BigInt(scale);
}
