import { share } from './proration.ts';

/** A tax in percent, with up to four decimals, within the amount or on top of it. */
export interface Tax {
  percentage: number;
  inclusive: boolean;
}

const HUNDRED_PERCENT = 1_000_000;

/**
 * What each tax comes to on an amount (minor units, either sign), each rounded half away from zero: 20 %
 * within 1200 is 200, on top of 1000 it is 200. A tax on top counts on what is left without those within.
 */
export function taxesOn(amount: number, taxes: Tax[]): { amount: number; taxable: number }[] {
  const parts = taxes.map(({ percentage }) => Math.round(percentage * 10_000));
  const within = taxes.reduce((sum, { inclusive }, index) => sum + (inclusive ? (parts[index] ?? 0) : 0), 0);
  const inside = parts.map((part, index) =>
    taxes[index]?.inclusive === true ? share(amount, part, HUNDRED_PERCENT + within) : 0,
  );
  const taxable = amount - inside.reduce((sum, part) => sum + part, 0);
  return parts.map((part, index) => ({
    amount: taxes[index]?.inclusive === true ? (inside[index] ?? 0) : share(taxable, part, HUNDRED_PERCENT),
    taxable,
  }));
}
