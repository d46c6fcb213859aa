import { fraction, portion, sum } from './money.ts';

export interface TaxRate {
  /** In percent: "7.25". */
  percentage: string | number;
  /** Part of the amount, or on top of it. */
  inclusive: boolean;
}

/**
 * The tax on an amount, in minor units, rounded half away from zero. On top: 10 % of 60000 is 6000. Inclusive: of 60000
 * that contain 10 %, it is 5455.
 */
export function taxOf(amount: number, { percentage, inclusive }: TaxRate): number {
  const { numerator, denominator } = fraction(percentage, 'percentage');
  if (numerator < 0n || numerator > denominator * 100n) {
    throw new RangeError(`percentage must be between 0 and 100, not ${percentage}.`);
  }
  const hundred = denominator * 100n;
  return portion(amount, { numerator, denominator: inclusive ? hundred + numerator : hundred });
}

/**
 * The tax on each line. `line` rounds each and adds up; `rate` rounds the sum once and gives each line the difference of two
 * rounded sums, so that the lines add up to it. Countries differ in what they ask for; Stripe rounds by line unless it is
 * told otherwise.
 */
export function taxLines(
  amounts: readonly number[],
  rate: TaxRate,
  rounding: 'line' | 'rate' = 'line',
): { taxes: number[]; total: number } {
  let [before, taxBefore] = [0, 0];
  const taxes = amounts.map((amount) => {
    if (rounding === 'line') {
      return taxOf(amount, rate);
    }
    const upTo = sum([before, amount]);
    const tax = taxOf(upTo, rate);
    const part = sum([tax, -taxBefore]);
    [before, taxBefore] = [upTo, tax];
    return part;
  });
  return { taxes, total: sum(taxes) };
}
