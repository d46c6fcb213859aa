import type { SnapshotFeature } from './snapshot.ts';

/**
 * What counts against the limit: what was used in the period, and in the first paid one what was used in the trial. 100
 * after a trial of 300 are 400; of the highest value, 300; of the latest, 300 until the 100 are reported. What is billed
 * and what windows hold is `used` alone.
 */
export function countedUse({ used, usage_version: version, carried }: SnapshotFeature): number {
  if (carried === null || carried === undefined) {
    return used;
  }
  switch (carried.as) {
    case 'sum':
      return Number((used + carried.quantity).toFixed(12));
    case 'most':
      return Math.max(used, carried.quantity);
    case 'latest':
      return version > carried.usage_version ? used : carried.quantity;
  }
}
