import { type KeptSnapshot, noteUsage } from './hot-snapshots.ts';
import { endOfFirstPeriod, type Snapshot } from './snapshot.ts';

/**
 * The longest a snapshot is trusted by its age alone, counted from when it was read: whatever message is lost. An older one
 * is trusted as long as it is vouched for.
 */
export const maxAgeMs = 10_000;
/** The age at which one that is still asked for is read anew: not of all at the same moment. */
const renewAfterMs = { min: 5_000, max: 8_000 };

/**
 * What Redis holds of a customer, as text: how many milliseconds it may still live, then names and values in turn, a line
 * each. Undefined: no snapshot, or one without a limit to its age, which nobody wrote.
 */
export function keptFromStored(stored: string): KeptSnapshot | undefined {
  const lines = stored.split('\n');
  const valueOf = (name: string): string | undefined => {
    const at = lines.indexOf(name, 1);
    return at < 0 ? undefined : lines[at + 1];
  };
  const remainingMs = Number(lines[0]);
  const text = valueOf('snapshot');
  if (text === undefined || !(remainingMs > 0)) {
    return undefined;
  }
  // Written by ourselves, and read thousands of times a second: parsed, not validated again.
  const snapshot: Snapshot = JSON.parse(text);
  const life = Number(valueOf('life') ?? maxAgeMs);
  const kept = keptFrom(snapshot, { ageMs: life - remainingMs, lifeMs: life });
  for (const { field } of kept.usage) {
    const [version, used] = [valueOf(`${field}:version`), valueOf(field)];
    if (version !== undefined && used !== undefined) {
      noteUsage(kept, { field, version: Number(version), used: Number(used) });
    }
  }
  return kept;
}

/** A snapshot that was read from Postgres so long ago, and may be vouched for until it is so old. */
export function keptFrom(
  snapshot: Snapshot,
  { ageMs, lifeMs }: { ageMs: number; lifeMs: number },
): KeptSnapshot {
  const readAt = performance.now() - ageMs;
  const renewAtAge = renewAfterMs.min + Math.random() * (renewAfterMs.max - renewAfterMs.min);
  return {
    snapshot,
    usage: Object.values(snapshot.features).flatMap((feature) => {
      const field = usageField(feature.meter_id, feature.period_start);
      return field === undefined ? [] : [{ field, feature }];
    }),
    ends_at_ms: endOfFirstPeriod(snapshot),
    known_at_ms: readAt,
    trusted_until_ms: readAt + maxAgeMs,
    lives_until_ms: readAt + lifeMs,
    renew_at_ms: readAt + renewAtAge,
  };
}

export function usageField(meterId: string | null, periodStart: string | null): string | undefined {
  return meterId === null || periodStart === null ? undefined : `${meterId}@${Date.parse(periodStart)}`;
}
