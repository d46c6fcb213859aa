import Big from 'big.js';

/**
 * How many packs close the gap at once: at a balance of 12, to have 100 again, 2 packs of 50. At least one, because a
 * balance that is below the bound has a gap.
 */
export function packsNeeded(need: { balance: string; below: string; credits: string }): number {
  const packs = new Big(need.below).minus(need.balance).div(need.credits).round(0, Big.roundUp).toNumber();
  return Math.max(1, packs);
}
