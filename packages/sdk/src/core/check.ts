import type { EntitlementCheck } from '../resources/entitlements.ts';
import type { RequestOptions } from './request-options.ts';

export interface CheckOptions extends RequestOptions {
  /** How many units are to be used, of a metered feature. Default: 1. */
  required?: number | undefined;
  /** What to answer when BillingOS cannot be reached or cannot look it up. Default: the client's. */
  fallback?: boolean | undefined;
}

/** The answer to "may this customer use this feature now?". */
export interface Check extends Omit<EntitlementCheck, 'reason' | 'type' | 'version'> {
  /**
   * Why not; null when allowed. `unreachable`: BillingOS gave no answer, and the fallback is false. `outage`, allowed or
   * not: BillingOS could look nothing up, and the feature's `on_outage` decided.
   */
  reason: EntitlementCheck['reason'] | 'unreachable';
  /** null when BillingOS gave no answer, or did not list the feature. */
  type: EntitlementCheck['type'] | null;
  /** null when BillingOS gave no answer, 0 when it knew nothing of the customer. */
  version: number | null;
}

/** The answer where BillingOS gave none: what the caller's code decided, and nothing besides. */
export function checkUnknown(feature: string, { allowed, type }: Pick<Check, 'allowed' | 'type'>): Check {
  return {
    allowed,
    reason: allowed ? null : 'unreachable',
    feature,
    type,
    used: null,
    limit: null,
    remaining: null,
    overage: null,
    resets_at: null,
    value: null,
    credits: null,
    version: null,
    degraded: true,
  };
}
