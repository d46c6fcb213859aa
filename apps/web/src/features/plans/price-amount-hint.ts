import { exponent } from '../../formatting/money.ts';

/** What to type where an amount is missing: "Enter an amount such as 29.00." */
export function amountHint(currency: string): string {
  const digits = exponent(currency);
  return digits === 0 ? 'Enter a whole amount.' : `Enter an amount such as ${(29).toFixed(digits)}.`;
}
