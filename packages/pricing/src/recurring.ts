import { portion } from './money.ts';
import type { Recurrence } from './period.ts';

interface Recurring extends Recurrence {
  /** Minor units of one. */
  amount: number;
  quantity: number;
}

/** Months are what revenue is compared in: a year is 12 of them, 52 weeks, 365 days. */
const perMonth = {
  day: { numerator: 365n, denominator: 12n },
  week: { numerator: 52n, denominator: 12n },
  month: { numerator: 1n, denominator: 1n },
  year: { numerator: 1n, denominator: 12n },
} as const;

/**
 * What a recurring price comes to in a month, in minor units, exact and rounded once half away from zero: 19,000 a year
 * are 1,583 a month, 1,000 a week are 4,333. Year/12, week × 52/12, day × 365/12, each divided by `interval_count`.
 */
export function monthlyAmount({ amount, quantity, interval, interval_count: count }: Recurring): number {
  if (!Number.isSafeInteger(quantity) || quantity < 0) {
    throw new RangeError(`quantity must be an integer that is not negative, not ${quantity}.`);
  }
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(`interval_count must be a positive integer, not ${count}.`);
  }
  const { numerator, denominator } = perMonth[interval];
  return portion(amount, {
    numerator: numerator * BigInt(quantity),
    denominator: denominator * BigInt(count),
  });
}
