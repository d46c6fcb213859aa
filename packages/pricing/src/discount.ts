import { allocate, fraction, portion, sum, wholeAmount } from './money.ts';
import { after } from './period.ts';

/** What a coupon takes off: a percentage with decimals, or an amount in minor units. Exactly one of them. */
export interface Reduction {
  percent_off: number | string | null;
  amount_off: number | null;
}

/** For which of a subscription's invoices a discount counts. */
export interface DiscountTerm {
  duration: 'once' | 'repeating' | 'forever';
  duration_in_months: number | null;
}

/** `taken[i][j]`: what the i-th discount takes off the j-th line. `amounts[j]`: what all of them take off it. */
export interface DiscountedLines {
  taken: number[][];
  amounts: number[];
  total: number;
}

/**
 * What discounts take off lines. Each is rounded once, over all lines, is never more than there is, and is spread over them
 * by their size; the next applies to what the one before left: 20 % and then 5.00 off 100.00 leave 75.00, the other way
 * round 76.00. Lines that are not positive (credits) are not discounted.
 */
export function discountLines(lines: readonly number[], reductions: readonly Reduction[]): DiscountedLines {
  let left = lines.map((amount) => Math.max(0, wholeAmount(amount)));
  const taken = reductions.map((reduction) => {
    const parts = allocate(off(sum(left), reduction), left);
    left = left.map((amount, index) => amount - (parts[index] ?? 0));
    return parts;
  });
  const amounts = lines.map((_, index) => sum(taken.map((parts) => parts[index] ?? 0)));
  return { taken, amounts, total: sum(amounts) };
}

/**
 * From when a discount no longer counts: null is never. One of 3 months from 31 January ends on 30 April. `once` ends with
 * the first invoice, which only its invoices can say: its end here is its start.
 */
export function discountEnd(
  start: Date,
  { duration, duration_in_months: months }: DiscountTerm,
): Date | null {
  switch (duration) {
    case 'forever':
      return null;
    case 'once':
      return start;
    case 'repeating':
      if (months === null || !Number.isSafeInteger(months) || months < 1) {
        throw new RangeError(`duration_in_months must be a positive integer, not ${months}.`);
      }
      return after(start, { interval: 'month', interval_count: 1 }, months);
  }
}

/** Whether a discount counts for an invoice made at `at`, which is the subscription's first since it began or not. */
export function isDiscounted(
  term: DiscountTerm,
  { start, at, is_first: isFirst }: { start: Date; at: Date; is_first: boolean },
): boolean {
  if (at < start) {
    return false;
  }
  if (term.duration === 'once') {
    return isFirst;
  }
  const end = discountEnd(start, term);
  return end === null || at < end;
}

function off(total: number, { percent_off: percent, amount_off: amount }: Reduction): number {
  if ((percent === null) === (amount === null)) {
    throw new RangeError('A discount has either percent_off or amount_off.');
  }
  if (amount !== null) {
    if (wholeAmount(amount, 'amount_off') < 0) {
      throw new RangeError(`amount_off must not be negative, not ${amount}.`);
    }
    return Math.min(total, amount);
  }
  const { numerator, denominator } = fraction(percent ?? 0, 'percent_off');
  if (numerator < 0n || numerator > denominator * 100n) {
    throw new RangeError(`percent_off must be between 0 and 100, not ${percent}.`);
  }
  return portion(total, { numerator, denominator: denominator * 100n });
}
