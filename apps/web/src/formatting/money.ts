import type { Money } from '../api/types.ts';

const locale = 'en-US';

/** How many minor units make one: 2 for usd, 0 for jpy, 3 for kwd. Unknown codes count as 2. */
export function exponent(currency: string): number {
  try {
    const format = new Intl.NumberFormat(locale, { style: 'currency', currency });
    return format.resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

/** An amount as people write it: 900 usd is "$9", 950 usd is "$9.50", 500 jpy is "¥500". */
export function formatMoney({ amount, currency }: Money): string {
  const digits = exponent(currency);
  const whole = amount % 10 ** digits === 0;
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: whole ? 0 : digits,
    maximumFractionDigits: digits,
  }).format(amount / 10 ** digits);
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
