import { share } from './proration.ts';

/** What a coupon takes off: a percentage with up to four decimals, or an amount in minor units. */
export interface Reduction {
  percent_off: number | null;
  amount_off: number | null;
}

const HUNDRED_PERCENT = 1_000_000;

/**
 * What a reduction takes off each of some amounts. The whole is rounded once and never more than there is;
 * it is spread by the size of the amounts so that the parts add up: 1000 off 2000 and 1000 is 667 and 333.
 */
export function reductions(amounts: number[], { percent_off, amount_off }: Reduction): number[] {
  const positive = amounts.map((amount) => Math.max(0, amount));
  const total = positive.reduce((sum, amount) => sum + amount, 0);
  const off =
    percent_off === null
      ? Math.min(total, amount_off ?? 0)
      : share(total, Math.round(percent_off * 10_000), HUNDRED_PERCENT);
  return spread(off, positive, total);
}

/** Parts of `whole` by weight; what rounding leaves over goes to the largest remainders, the first first. */
function spread(whole: number, weights: number[], total: number): number[] {
  if (total === 0) return weights.map(() => 0);
  const exact = weights.map((weight) => BigInt(whole) * BigInt(weight));
  const parts = exact.map((product) => Number(product / BigInt(total)));
  const left = whole - parts.reduce((sum, part) => sum + part, 0);
  const byRemainder = exact
    .map((product, index) => ({ index, remainder: product % BigInt(total) }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  const lucky = new Set(byRemainder.slice(0, left).map(({ index }) => index));
  return parts.map((part, index) => (lucky.has(index) ? part + 1 : part));
}
