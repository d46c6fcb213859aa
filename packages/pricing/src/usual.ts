import { currencyExponent } from './currency.ts';
import { Exact } from './money.ts';

/** Fewer invoices say nothing about what is usual. */
const earlierMin = 3;
const factor = 10;
/** In whole units of the currency: below it nothing is far above. */
const unitsMin = 100;

/**
 * Whether an amount is far above what was usual: more than ten times the median of at least three earlier ones, and at
 * least 100 of the currency. 20,001 usd cents after 1,900, 2,000 and 2,100 are; 20,000 are not.
 */
export function isFarAboveUsual(amount: number, earlier: readonly number[], currency: string): boolean {
  if (
    earlier.length < earlierMin ||
    new Exact(unitsMin).times(`1e${currencyExponent(currency)}`).gt(amount)
  ) {
    return false;
  }
  const sorted = earlier.toSorted((a, b) => a - b);
  // Twice the median, which is half-way between the two in the middle.
  const middle = sorted.length / 2;
  const twice = new Exact(sorted[Math.ceil(middle) - 1] ?? 0).plus(sorted[Math.floor(middle)] ?? 0);
  return twice.times(factor).lt(new Exact(amount).times(2));
}
