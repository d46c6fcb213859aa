/** Times up to 1 % wrong: a bin holds those from γ^(i−1) to γ^i ms. */
const gamma = 1.01 / 0.99;
/** The bin of those below a microsecond. */
const zeroBin = -2000;

export interface Bin {
  bin: number;
  calls: number;
}

/**
 * The time that a share of the calls did not exceed, in ms, at most 1 % from the exact one: DDSketch (Masson, Rim and Lee,
 * VLDB 2019), whose bins merge by adding up. Bins in ascending order; null when there are none. Of 1, 2 … 100 ms the 0.95 is
 * between 94.05 and 95.95.
 */
export function quantileOf(bins: readonly Bin[], share: number): number | null {
  const total = bins.reduce((sum, { calls }) => sum + calls, 0);
  if (total === 0) {
    return null;
  }
  const rank = share * (total - 1);
  let before = 0;
  for (const { bin, calls } of bins) {
    before += calls;
    if (before > rank) {
      // The middle of the bin, as far from its lower end as from its upper one in proportion.
      return bin === zeroBin ? 0 : (2 * gamma ** bin) / (gamma + 1);
    }
  }
  throw new Error('A share of the calls is beyond all of them.');
}
