import { currencyExponent } from '@billingos/pricing/currency';
import { majorUnits } from '@billingos/pricing/money';
import type { Money } from '../api/types.ts';

const locale = 'en-US';

/** How many decimals the minor unit has: 2 for usd, 0 for jpy, 3 for kwd. What is no code yet, half typed, counts as 2. */
export function exponent(currency: string): number {
  return /^[a-z]{3}$/i.test(currency) ? currencyExponent(currency) : 2;
}

/** An amount as people write it: 900 usd is "$9", 950 usd is "$9.50", 500 jpy is "¥500". */
export function formatMoney({ amount, currency }: Money): string {
  const digits = exponent(currency);
  const major = majorUnits(amount, currency);
  const whole = /\.0+$/.test(major);
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: whole ? 0 : digits,
    maximumFractionDigits: digits,
  }).format(Number(major));
}

/** Minor units of what somebody typed: "9.90" usd is 990. Undefined when it is no amount or finer than the currency. */
export function parseMoney(typed: string, currency: string): number | undefined {
  const digits = exponent(currency);
  const match = /^(\d{1,12})(?:\.(\d+))?$/.exec(typed.trim().replaceAll(',', ''));
  if (!match) return undefined;
  const [, whole = '', fraction = ''] = match;
  if (fraction.length > digits) return undefined;
  const minor = Number(`${whole}${fraction.padEnd(digits, '0')}`);
  return Number.isSafeInteger(minor) ? minor : undefined;
}

/** "month" for every month, "3 months" for every third. */
export function formatInterval(interval: string, count: number): string {
  return count === 1 ? interval : `${count} ${interval}s`;
}
