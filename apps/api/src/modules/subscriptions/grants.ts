import Big from 'big.js';
import type { UsageCap } from '../catalog/plan.ts';

interface Granting {
  rank: number;
  /** Of an add-on how many there are: each brings its limits. 1 for the plan itself. */
  times: number;
  features: readonly {
    feature_id: string;
    /** The feature's key. */
    feature: string;
    /** Exact decimal; null is unlimited. */
    limit: string | null;
    overage: 'block' | 'allow' | null;
    value: string | null;
    caps: UsageCap[] | null;
  }[];
}

export interface CombinedGrant {
  feature_id: string;
  feature: string;
  /** Exact decimal; null is unlimited. */
  limit: string | null;
  overage: 'block' | 'allow' | null;
  value: string | null;
  /** Null: none. */
  caps: UsageCap[] | null;
  rank: number;
}

/**
 * What the plan and the add-ons of one subscription grant together: limits add up, unlimited wins, a soft limit wins
 * over a hard one, a value is that of the highest rank. A plan of 1,000 calls with two add-ons of 500 grants 2,000.
 * Caps of the same interval add up, too; what has none adds nothing to another's.
 */
export function combinedGrants(all: readonly Granting[]): CombinedGrant[] {
  const combined = new Map<string, CombinedGrant>();
  for (const { rank, times, features } of all) {
    for (const { feature_id: id, feature, limit, overage, value, caps } of features) {
      const own = {
        limit: limit === null ? null : new Big(limit).times(times).toFixed(),
        overage,
        value,
        caps:
          caps?.map((cap) => ({ ...cap, quantity: new Big(cap.quantity).times(times).toNumber() })) ?? null,
        rank,
      };
      const other = combined.get(id);
      if (other === undefined) {
        combined.set(id, { feature_id: id, feature, ...own });
        continue;
      }
      combined.set(id, {
        feature_id: id,
        feature,
        limit:
          other.limit === null || own.limit === null ? null : new Big(other.limit).plus(own.limit).toFixed(),
        overage: other.overage === 'allow' || own.overage === 'allow' ? 'allow' : other.overage,
        value: own.rank > other.rank ? own.value : other.value,
        caps: together(other.caps, own.caps),
        rank: Math.max(own.rank, other.rank),
      });
    }
  }
  return [...combined.values()];
}

function together(one: UsageCap[] | null, other: UsageCap[] | null): UsageCap[] | null {
  if (one === null || other === null) {
    return one ?? other;
  }
  const sums = new Map<UsageCap['interval'], Big>();
  for (const { interval, quantity } of [...one, ...other]) {
    sums.set(interval, (sums.get(interval) ?? new Big(0)).plus(quantity));
  }
  return [...sums].map(([interval, quantity]) => ({ interval, quantity: quantity.toNumber() }));
}
