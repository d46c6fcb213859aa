import { check, difference } from './check.ts';
import { countedUse } from './counted-use.ts';
import { creditsLeft } from './credits-left.ts';
import { endOfFirstPeriod, type Snapshot, type SnapshotFeature } from './snapshot.ts';

/**
 * Everything a customer may do, as callers see it: sorted by feature, meters by their keys. Who keeps a copy answers checks
 * from it, so whatever a check looks at is in `allowed`, `reason` and `allowed_up_to`: a feature of which 100 may be used
 * and 10 are held is allowed up to 90, a cap of 20 that began at 50 ends it at 60; one that only a check can judge, up to 0.
 */
export function describeEntitlements(
  snapshot: Snapshot & { customer_id: string },
  meterKeys: ReadonlyMap<string, string>,
) {
  const endsAt = endOfFirstPeriod(snapshot);
  return {
    customer: snapshot.customer_id,
    external_id: snapshot.external_id,
    version: snapshot.version,
    pending: snapshot.unsynced_since !== null,
    valid_until: Number.isFinite(endsAt) ? new Date(endsAt) : null,
    features: Object.entries(snapshot.features)
      .map(([key, feature]) => ({
        ...answerOf(snapshot, key, feature),
        feature: key,
        name: feature.name,
        type: feature.type,
        limit: feature.limit,
        used: countedUse(feature),
        carried: difference(countedUse(feature), feature.used),
        remaining:
          feature.limit === null
            ? null
            : (creditsLeft(snapshot, feature)?.remaining ??
              Math.max(0, difference(feature.limit, countedUse(feature) + feature.held))),
        overage: feature.overage,
        value: feature.value,
        suspended: feature.suspended,
        meter: feature.meter_id === null ? null : (meterKeys.get(feature.meter_id) ?? null),
        period_start: feature.period_start === null ? null : new Date(feature.period_start),
        resets_at: feature.period_end === null ? null : new Date(feature.period_end),
        usage_version: feature.usage_version,
        caps: (feature.caps ?? []).map(({ interval, quantity, base, ends_at: endsAt }) => ({
          interval,
          quantity,
          used: difference(feature.used, base),
          resets_at: new Date(endsAt),
        })),
      }))
      .sort((a, b) => a.feature.localeCompare(b.feature)),
  };
}

function answerOf(snapshot: Snapshot, key: string, feature: SnapshotFeature) {
  const { allowed, reason } = check(snapshot, { key, type: feature.type }, 1);
  // Beyond the limit only a check can judge: what other features burn of the credits, a copy of this one does not see.
  const { limit, held, overage, caps, carried, credit_units: paid = 0 } = feature;
  const ends = [
    ...(limit === null || overage === 'allow' ? [] : [limit + paid]),
    // A window holds nothing of the trial.
    ...(caps ?? []).map(({ base, quantity }) => base + quantity + (carried?.quantity ?? 0)),
  ];
  // What units cost is for a check to say, and how a highest, distinct or latest value goes together with a trial's.
  const isForCheck = isUnderSpendCap(snapshot, key) || (ends.length > 0 && (carried?.as ?? 'sum') !== 'sum');
  return {
    allowed,
    reason,
    allowed_up_to: isForCheck
      ? 0
      : ends.length === 0
        ? null
        : Math.max(0, difference(Math.min(...ends), held)),
  };
}

function isUnderSpendCap({ spend_caps: caps }: Snapshot, key: string): boolean {
  return caps?.some(({ prices }) => prices.some(({ feature }) => feature === key)) ?? false;
}
