import { countedUse } from './counted-use.ts';
import { creditsLeft } from './credits-left.ts';
import { grantOf, type Snapshot } from './snapshot.ts';
import { passedSpendCap } from './spend.ts';

/** Why not, in the order in which it is asked: of several, the first is told. */
export const denialReasons = [
  'customer_not_found',
  'not_entitled',
  'subscription_paused',
  'past_due',
  'spend_cap',
  'usage_cap',
  'limit_reached',
] as const;
export type DenialReason = (typeof denialReasons)[number];

export interface CheckAnswer {
  allowed: boolean;
  /** Why not. Null when allowed. */
  reason: DenialReason | null;
  feature: string;
  type: 'boolean' | 'metered' | 'config';
  /** Of a metered feature, in the current period; in the first paid one with the trial. */
  used: number | null;
  /** Null: unlimited, or not metered. */
  limit: number | null;
  remaining: number | null;
  /** Used beyond the limit, or what would be if `required` were used now. */
  overage: number | null;
  /** When use counts anew: the billing period's end, or the window's, where a cap denies. */
  resets_at: Date | null;
  value: string | null;
  /** Of a feature that credits pay for, beyond its limit: what the customer has of them, and what a unit costs. */
  credits: { balance: number; cost: number } | null;
  version: number;
  degraded: boolean;
}

/**
 * Whether a customer may use a feature now. In this order, the first that applies: no customer → customer_not_found;
 * nothing granted → not_entitled; withheld → subscription_paused or past_due; boolean and config → yes; beyond a cap →
 * spend_cap or usage_cap, also where there is no limit; unlimited → yes; overage allowed → yes, with what is beyond;
 * else yes as long as `required` remains, of the limit and then of the credits: limit 1,000, used 998, required 5 →
 * limit_reached; with 12 credits at a cost of 4 → yes.
 */
export function check(
  snapshot: Snapshot,
  feature: { key: string; type: 'boolean' | 'metered' | 'config' },
  required: number,
): CheckAnswer {
  const granted = grantOf(snapshot, feature.key);
  const answer: CheckAnswer = {
    allowed: false,
    reason: null,
    feature: feature.key,
    type: feature.type,
    used: null,
    limit: null,
    remaining: null,
    overage: null,
    resets_at: null,
    value: null,
    credits: null,
    version: snapshot.version,
    degraded: false,
  };
  if (!snapshot.known) {
    return { ...answer, reason: 'customer_not_found' };
  }
  if (granted === undefined) {
    return { ...answer, reason: 'not_entitled' };
  }

  const used = countedUse(granted);
  const taken = used + granted.held;
  const left = creditsLeft(snapshot, granted);
  const metered =
    granted.type !== 'metered'
      ? {}
      : {
          used,
          limit: granted.limit,
          remaining:
            granted.limit === null
              ? null
              : (left?.remaining ?? Math.max(0, difference(granted.limit, taken))),
          credits: left === undefined ? null : { balance: left.balance, cost: left.cost },
          resets_at: granted.period_end === null ? null : new Date(granted.period_end),
        };
  if (granted.suspended) {
    return { ...answer, ...metered, reason: granted.paused === true ? 'subscription_paused' : 'past_due' };
  }
  if (granted.type !== 'metered') {
    return { ...answer, allowed: true, value: granted.type === 'config' ? granted.value : null };
  }
  if (passedSpendCap(snapshot, { feature: feature.key, units: required }) !== undefined) {
    return { ...answer, ...metered, reason: 'spend_cap' };
  }
  const added = granted.used + granted.held + required;
  const cap = granted.caps?.find(({ base, quantity }) => difference(added, base) > quantity);
  if (cap !== undefined) {
    return { ...answer, ...metered, reason: 'usage_cap', resets_at: new Date(cap.ends_at) };
  }
  if (granted.limit === null) {
    return { ...answer, ...metered, allowed: true };
  }

  const beyond = Math.max(0, difference(taken + required, granted.limit));
  if (granted.overage === 'allow') {
    return { ...answer, ...metered, allowed: true, overage: left?.overage(required) ?? beyond };
  }
  const allowed = (left?.unpaid(required) ?? beyond) === 0;
  return { ...answer, ...metered, allowed, reason: allowed ? null : 'limit_reached' };
}

/** Quantities have at most 12 decimals: the noise that binary fractions add beyond is taken off (0.3 − 0.1 is 0.2). */
export function difference(a: number, b: number): number {
  const rough = a - b;
  return Number.isSafeInteger(a) && Number.isSafeInteger(b) ? rough : Number(rough.toFixed(12));
}
