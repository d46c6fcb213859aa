import { portion, sum, wholeAmount } from './money.ts';
import type { Period } from './period.ts';

/** What a subscription's item is charged for a whole period. Minor units, less its discounts. */
export interface PeriodCharge {
  amount: number;
}

/** An item given up. */
export interface Unused extends PeriodCharge {
  /** What was really paid for it in this period. Left out, all of it: the credit is what the time left is worth. */
  paid?: number;
  /** What was credited of that already, as a positive amount. */
  credited?: number;
}

export interface Proration {
  /** One for each item given up: zero or negative. */
  credits: number[];
  /** One for each item taken instead. */
  charges: number[];
  total: number;
}

/**
 * The part of `amount` that falls to what is left of a period at `at`, by the second, rounded once half away from zero:
 * 2000 for 30 days leave 1000 after 15 of them. Before the period it is all of it, after it nothing.
 */
export function prorated(amount: number, period: Period, at: Date): number {
  const [start, end] = [seconds(period.start), seconds(period.end)];
  if (end <= start) {
    throw new RangeError('A period must end after it starts.');
  }
  const from = Math.min(Math.max(seconds(at), start), end);
  return portion(amount, { numerator: BigInt(end - from), denominator: BigInt(end - start) });
}

/**
 * What a change within a period comes to: the time left of what is given up is credited, the time left of what is taken
 * instead is charged. Both are shares of what the whole period costs, never of the last charge, which covered less time:
 * a second upgrade credits what the first one charged for the rest, no more and no less. Halfway from 1000 to 2000 a month
 * is -500 and 1000. A credit is never more than what was paid less earlier credits.
 *
 * "Prorations": https://docs.stripe.com/billing/subscriptions/prorations.
 */
export function proration(
  period: Period,
  at: Date,
  { before, next }: { before: readonly Unused[]; next: readonly PeriodCharge[] },
): Proration {
  const credits = before.map((item) => {
    const unused = prorated(notNegative(item.amount, 'amount'), period, at);
    const left = notNegative(item.paid ?? item.amount, 'paid') - notNegative(item.credited ?? 0, 'credited');
    const credit = Math.max(0, Math.min(unused, left));
    return credit === 0 ? 0 : -credit;
  });
  const charges = next.map(({ amount }) => prorated(notNegative(amount, 'amount'), period, at));
  return { credits, charges, total: sum([...credits, ...charges]) };
}

/** A line as it was invoiced, with what was taken off and what was added. */
export interface InvoicedLine {
  /** Before discount and tax. */
  subtotal: number;
  discount: number;
  /** On `subtotal - discount`. */
  tax: number;
}

/**
 * The share of an invoiced line that falls to the rest of its period, each part of it: the parts add up to the share of the
 * total, since each is the difference of two shares of sums. 1000 less 100 and 171 tax, halfway: 500 less 50, and 86 (the
 * rest of 536, half of 1071, rounded).
 */
export function unusedShare(line: InvoicedLine, period: Period, at: Date): InvoicedLine {
  const subtotal = prorated(line.subtotal, period, at);
  const net = prorated(sum([line.subtotal, -line.discount]), period, at);
  const total = prorated(sum([line.subtotal, -line.discount, line.tax]), period, at);
  return { subtotal, discount: sum([subtotal, -net]), tax: sum([total, -net]) };
}

function notNegative(value: number, name: string): number {
  if (wholeAmount(value, name) < 0) {
    throw new RangeError(`${name} must not be negative, not ${value}.`);
  }
  return value;
}

function seconds(date: Date): number {
  const time = Math.floor(date.getTime() / 1_000);
  if (Number.isNaN(time)) {
    throw new RangeError('A period and a moment in it must be dates.');
  }
  return time;
}
