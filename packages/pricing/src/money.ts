import Big from 'big.js';
import { currencyExponent, writtenDecimals } from './currency.ts';

/**
 * Decimals with exact sums and products: 0.1 plus 0.2 is 0.3. Not for division, which would be cut off after some digits:
 * `portion` divides integers. A constructor of our own: settings of the library made elsewhere do not reach it.
 */
export const Exact = Big();
export type Decimal = Big;

/** A finite decimal number. Throws a `RangeError` that names what it is, for NaN, infinity and text that is no number. */
export function decimal(value: string | number, name = 'value'): Decimal {
  try {
    return new Exact(value);
  } catch {
    throw new RangeError(`${name} must be a finite decimal number, not ${JSON.stringify(value) ?? value}.`);
  }
}

/** An amount of integer minor units. Throws a `RangeError` for fractions and beyond 2^53. Never -0. */
export function wholeAmount(value: number, name = 'amount'): number {
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`${name} must be an integer between -2^53 and 2^53, not ${value}.`);
  }
  return value === 0 ? 0 : value;
}

/** Rounded half away from zero to whole minor units: 100.5 is 101, -100.5 is -101. Once per invoice line. */
export function rounded(exact: Decimal): number {
  return wholeAmount(Number(exact.round(0, Exact.roundHalfUp).toFixed(0)));
}

/** `amount × numerator / denominator`, exact, rounded once half away from zero: a third of 100 is 33. */
export function portion(
  amount: number,
  { numerator, denominator }: { numerator: bigint; denominator: bigint },
): number {
  if (denominator <= 0n) {
    throw new RangeError(`denominator must be positive, not ${denominator}.`);
  }
  return divided(BigInt(wholeAmount(amount)) * numerator, denominator);
}

/** An exact decimal as a fraction of integers: "7.25" is 725/100. */
export function fraction(value: string | number, name?: string): { numerator: bigint; denominator: bigint } {
  const text = decimal(value, name).toFixed();
  const [whole = '0', decimals = ''] = text.split('.');
  return { numerator: BigInt(whole + decimals), denominator: 10n ** BigInt(decimals.length) };
}

/** The sum of amounts. Throws a `RangeError` beyond 2^53, rather than being out by one. */
export function sum(amounts: readonly number[]): number {
  return wholeAmount(Number(amounts.reduce((total, amount) => total + BigInt(wholeAmount(amount)), 0n)));
}

/** So many of an amount: 3 of 1900 are 5700. Throws a `RangeError` beyond 2^53. */
export function multiple(amount: number, count: number): number {
  return portion(amount, { numerator: BigInt(wholeAmount(count, 'count')), denominator: 1n });
}

/** An amount in `parts` parts that add up to it and differ by one at most, the larger first: 100 in 3 is 34, 33, 33. */
export function split(amount: number, parts: number): number[] {
  if (!Number.isSafeInteger(parts) || parts < 1) {
    throw new RangeError(`parts must be a positive integer, not ${parts}.`);
  }
  return allocate(
    amount,
    Array.from({ length: parts }, () => 1),
  );
}

/**
 * An amount in parts by weight that add up to it: 1000 by 2000 and 1000 is 667 and 333. What rounding leaves over goes to
 * the largest remainders, of equal ones to the first. Without any weight there is nothing to divide by: only 0 can be
 * allocated. Weights are integers, not negative.
 */
export function allocate(amount: number, weights: readonly number[]): number[] {
  const size = BigInt(Math.abs(wholeAmount(amount)));
  const shares = weights.map((weight) => {
    if (!Number.isSafeInteger(weight) || weight < 0) {
      throw new RangeError(`A weight must be an integer that is not negative, not ${weight}.`);
    }
    return BigInt(weight);
  });
  const total = shares.reduce((all, weight) => all + weight, 0n);
  if (total === 0n) {
    if (amount !== 0) {
      throw new RangeError(`${amount} cannot be allocated: the weights add up to 0.`);
    }
    return weights.map(() => 0);
  }
  const parts = shares.map((weight, index) => ({
    index,
    whole: (size * weight) / total,
    remainder: (size * weight) % total,
  }));
  const left = Number(size - parts.reduce((all, { whole }) => all + whole, 0n));
  const byRemainder = parts.toSorted((a, b) =>
    a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1,
  );
  const raised = new Set(byRemainder.slice(0, left).map(({ index }) => index));
  return parts.map(({ whole, index }) => {
    const part = Number(whole) + (raised.has(index) ? 1 : 0);
    return amount < 0 && part !== 0 ? -part : part;
  });
}

/** Minor units as the decimal number of major units: 1234 in `usd` is "12.34", in `jpy` "1234". */
export function majorUnits(amount: number, currency: string): string {
  const exponent = currencyExponent(currency);
  const digits = String(Math.abs(wholeAmount(amount))).padStart(exponent + 1, '0');
  const sign = amount < 0 ? '-' : '';
  const whole = digits.slice(0, digits.length - exponent);
  return exponent === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-exponent)}`;
}

/** The reverse of `majorUnits`: "12.3" in `usd` is 1230. Throws a `RangeError` when it is finer than the minor unit. */
export function minorUnits(major: string, currency: string): number {
  const scaled = decimal(major, 'major').times(new Exact(10).pow(currencyExponent(currency)));
  if (!scaled.round(0, Exact.roundDown).eq(scaled)) {
    throw new RangeError(`${major} is finer than the minor unit of ${currency}.`);
  }
  return rounded(scaled);
}

export interface Formatting {
  /** Default: `en`. */
  locale?: string;
  /** `code`: "USD 29.00", where a font may lack the symbol. Default: `symbol`. */
  display?: 'symbol' | 'code';
}

/** As people read it: 2900 in `usd` is "$29.00", 500 in `jpy` "¥500". Nothing is rounded away. */
export function formatAmount(amount: number, currency: string, formatting?: Formatting): string {
  return formatUnits(majorUnits(amount, currency), currency, formatting);
}

/** The price of one unit, exact: "0.35" in `usd`, minor units, is "$0.0035". */
export function formatUnitAmount(unitAmount: string, currency: string, formatting?: Formatting): string {
  const exponent = currencyExponent(currency);
  const scale = new Exact(`1e-${exponent}`);
  return formatUnits(decimal(unitAmount, 'unit_amount').times(scale).toFixed(), currency, formatting);
}

function formatUnits(
  major: string,
  currency: string,
  { locale = 'en', display = 'symbol' }: Formatting = {},
): string {
  return (
    new Intl.NumberFormat(locale, {
      style: 'currency',
      currency,
      currencyDisplay: display,
      minimumFractionDigits: writtenDecimals(currency),
      maximumFractionDigits: 20,
    })
      // A decimal text keeps all its digits; the type allows numeric literals only.
      .format(major as `${number}`)
  );
}

function divided(dividend: bigint, divisor: bigint): number {
  const size = dividend < 0n ? -dividend : dividend;
  const result = (size * 2n + divisor) / (divisor * 2n);
  return wholeAmount(Number(dividend < 0n ? -result : result), 'The result');
}
