import { currencyExponent } from '@billingos/pricing/currency';
import { formatUnitAmount, majorUnits } from '@billingos/pricing/money';
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

/** An amount as it stands in a column, with all its decimals, so that points are beneath each other: "$9.00". */
export function formatAmount({ amount, currency }: Money): string {
  const digits = exponent(currency);
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(Number(majorUnits(amount, currency)));
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

/** The price of one unit as people write it: "2" usd is "$0.02", "0.35" is "$0.0035", "2900" is "$29". */
export function formatUnitPrice(unit_amount: string, currency: string): string {
  return formatUnitAmount(unit_amount, currency, { locale }).replace(/\.0+$/, '');
}

/** Exact minor units of the price of one unit: "0.0035" usd is "0.35". Undefined when it is no amount. */
export function parseUnitPrice(typed: string, currency: string): string | undefined {
  const match = /^(\d{1,10})(?:\.(\d{1,12}))?$/.exec(typed.trim().replaceAll(',', ''));
  if (!match) return undefined;
  const digits = exponent(currency);
  const [, whole = '', fraction = ''] = match;
  const minor = `${whole}${fraction.slice(0, digits).padEnd(digits, '0')}`.replace(/^0+(?=\d)/, '');
  const rest = fraction.slice(digits).replace(/0+$/, '');
  return rest === '' ? minor : `${minor}.${rest}`;
}

/** What `parseMoney` and `parseUnitPrice` read back: "0.35" usd minor units are "0.0035", 2900 are "29.00". */
export function majorText(minor: string | number, currency: string): string {
  const digits = exponent(currency);
  const [whole = '0', fraction = ''] = String(minor).split('.');
  const padded = whole.padStart(digits + 1, '0');
  const decimals = `${padded.slice(padded.length - digits)}${fraction}`;
  return digits === 0
    ? `${whole}${fraction ? `.${fraction}` : ''}`
    : `${padded.slice(0, padded.length - digits)}.${decimals}`;
}

/** "month" for every month, "3 months" for every third. */
export function formatInterval(interval: string, count: number): string {
  return count === 1 ? interval : `${count} ${interval}s`;
}
