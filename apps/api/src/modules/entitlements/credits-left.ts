import Big from 'big.js';
import { countedUse } from './counted-use.ts';
import type { Snapshot, SnapshotFeature } from './snapshot.ts';

export interface CreditsLeft {
  /** What the pool holds now, what others hold of it taken off. */
  balance: number;
  /** What one unit beyond the limit costs. */
  cost: number;
  /** How many more units can be used: of the limit first, then as many as the credits pay for. */
  remaining: number;
  /** Of these many units more, how many neither the limit nor the credits would pay for. */
  unpaid(required: number): number;
  /** What of this period's use was paid for by neither, and would be if `required` were used now. */
  overage(required: number): number;
}

/**
 * What credits add to a feature's limit; undefined when they pay for nothing of it. The balance was read with the
 * snapshot; what was used since then beyond a limit, and what is held beyond one, is taken off: limit 10, used 8, credits
 * 20 at a cost of 5 leave 2 and 4 units, and after 4 more are used, 2.
 */
export function creditsLeft({ credits, features }: Snapshot, own: SnapshotFeature): CreditsLeft | undefined {
  if (credits === undefined || own.limit === null || typeof own.credit_cost !== 'number') {
    return undefined;
  }
  const cost = new Big(own.credit_cost);
  const claims = Object.values(features).map((feature) => beyond(feature, 0).times(feature.credit_cost ?? 0));
  const balance = atLeastZero(claims.reduce((left, claim) => left.minus(claim), new Big(credits.balance)));
  const units = balance.div(cost).round(12, Big.roundDown);
  const claimed = beyond(own, 0);
  const direct = atLeastZero(new Big(own.limit).minus(taken(own)));
  const unpaid = (required: number): Big => atLeastZero(beyond(own, required).minus(claimed).minus(units));
  // What was used since the snapshot was read and the pool could not pay for.
  const short = atLeastZero(claimed.times(cost).minus(credits.balance)).div(cost);
  return {
    balance: balance.toNumber(),
    cost: own.credit_cost,
    remaining: direct.plus(units).toNumber(),
    unpaid: (required) => unpaid(required).toNumber(),
    overage: (required) =>
      new Big(own.uncovered ?? 0).plus(short).plus(unpaid(required)).round(12).toNumber(),
  };
}

/**
 * How many units of what was used beyond a limit since the snapshot was read, and would be with `required` more, the
 * credits pay for: limit 10, used 8, credits 20 at a cost of 5; of 7 more, 4. What other features claim of the pool comes
 * first, so that it is never too many.
 */
export function paidByCredits(
  { credits, features }: Pick<Snapshot, 'credits' | 'features'>,
  own: SnapshotFeature,
  required: number,
): number {
  if (credits === undefined || own.limit === null || typeof own.credit_cost !== 'number') {
    return 0;
  }
  const claims = Object.values(features)
    .filter((feature) => feature !== own)
    .map((feature) => beyond(feature, 0).times(feature.credit_cost ?? 0));
  const left = atLeastZero(claims.reduce((rest, claim) => rest.minus(claim), new Big(credits.balance)));
  const units = left.div(own.credit_cost).round(12, Big.roundDown);
  const asked = beyond(own, required);
  return (asked.lt(units) ? asked : units).toNumber();
}

/** Units beyond the limit, those left out that were when the snapshot was read. */
function beyond(feature: SnapshotFeature, required: number): Big {
  if (feature.limit === null || typeof feature.credit_cost !== 'number') {
    return new Big(0);
  }
  const over = atLeastZero(taken(feature).plus(required).minus(feature.limit));
  return atLeastZero(over.minus(feature.uncovered ?? 0));
}

/** What takes of the limit: what credits paid for does not. */
function taken(feature: SnapshotFeature): Big {
  return new Big(countedUse(feature)).plus(feature.held).minus(feature.credit_units ?? 0);
}

function atLeastZero(value: Big): Big {
  return value.lt(0) ? new Big(0) : value;
}
