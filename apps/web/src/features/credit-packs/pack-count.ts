import { multiple } from '@billingos/pricing/money';
import { parseCount } from '../../formatting/numbers.ts';

/** How many packs somebody typed: "12" is 12. Undefined when it is not 1 to `max`. */
export function packCount(typed: string, max: number): number | undefined {
  const count = parseCount(typed) ?? 0;
  return count >= 1 && count <= max ? count : undefined;
}

/** What so many packs cost: 3 at $39 are $117. */
export function priceOfPacks<Price extends { amount: number }>(price: Price, count: number): Price {
  return { ...price, amount: multiple(price.amount, count) };
}
