import { totalFallsAt } from '@billingos/pricing/price';
import type { PriceType, Tier } from './price.ts';

interface ShownPrice {
  type: PriceType;
  unit_amount: string | null;
  package_size: number | null;
  included_units: number;
  tiers: Tier[] | null;
  feature: string | null;
}

/**
 * What is allowed but seldom meant: a total that falls when one more unit is used (100 units at 10 cost 1,000, 101 at
 * 5 cost 505), and a price for the use of a feature that the plan does not grant. Amounts are in minor units.
 */
export function warningsOf(
  prices: readonly ShownPrice[],
  features: readonly { feature: string }[],
): string[] {
  const warnings = prices.flatMap((price) => {
    const { feature } = price;
    const falls = totalFallsAt({ ...price, amount: null }).map(
      ({ units, amount, next_amount: next }) =>
        `The volume price ${feature === null ? 'for seats' : `for ${feature}`} makes the total fall: ${units} units cost ${amount}, one more makes it ${next}.`,
    );
    return feature === null || features.some((granted) => granted.feature === feature)
      ? falls
      : [...falls, `A price charges the use of ${feature}, which the plan does not grant.`];
  });
  // Once, not once for each currency and interval.
  return [...new Set(warnings)];
}
