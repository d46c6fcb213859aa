import { describe, expect, it } from 'vitest';
import { HotSnapshots, type KeptSnapshot } from './hot-snapshots.ts';
import type { SnapshotFeature } from './snapshot.ts';

function kept(version: number, used = 0): KeptSnapshot {
  const feature: SnapshotFeature = {
    name: 'API calls',
    type: 'metered',
    suspended: false,
    limit: 10,
    overage: 'block',
    value: null,
    meter_id: 'mtr_1',
    period_start: '2026-11-01T00:00:00+00:00',
    period_end: '2026-12-01T00:00:00+00:00',
    used,
    held: 0,
    usage_version: used,
  };
  return {
    snapshot: {
      customer_id: 'cus_1',
      external_id: 'user_42',
      version,
      unsynced_since: null,
      known: true,
      features: { api_calls: feature },
    },
    ends_at_ms: Infinity,
    known_at_ms: performance.now(),
    trusted_until_ms: performance.now() + 10_000,
    lives_until_ms: performance.now() + 10_000,
    renew_at_ms: Infinity,
    usage: [{ field: 'mtr_1@1', feature }],
  };
}

/** Reads Redis while `meanwhile` happens. */
function readInto(hot: HotSnapshots, read: KeptSnapshot, meanwhile: () => void = () => undefined): void {
  const reading = hot.beginReading('user_42');
  meanwhile();
  hot.keep(reading, read);
  hot.endReading(reading);
}

const usedIn = (hot: HotSnapshots): number | undefined =>
  hot.find('user_42')?.snapshot.features['api_calls']?.used;
const total = (used: number) => ({ key: 'user_42', field: 'mtr_1@1', version: used, used });

describe('a copy', () => {
  it('is gone when something about it is told', () => {
    const hot = new HotSnapshots();
    readInto(hot, kept(1));
    expect(hot.find('user_42')?.snapshot.version).toBe(1);
    hot.forget('user_42', 2);
    expect(hot.find('user_42')).toBeUndefined();
  });

  it('is not kept from a read that a message overtook, and from the next one it is', () => {
    for (const message of [
      (hot: HotSnapshots) => hot.forget('user_42', 2),
      (hot: HotSnapshots) => hot.addUsage(total(3)),
      (hot: HotSnapshots) => hot.distrustAll(),
    ]) {
      const hot = new HotSnapshots();
      readInto(hot, kept(1), () => message(hot));
      expect(hot.find('user_42')).toBeUndefined();
      readInto(hot, kept(2));
      expect(hot.find('user_42')?.snapshot.version).toBe(2);
    }
  });

  it('is outdated below the newest version that was told, whatever Redis says', () => {
    const hot = new HotSnapshots();
    hot.forget('user_42', 3);
    hot.forget('user_42', 2);
    expect([2, 3].map((version) => hot.isOutdated('user_42', kept(version).snapshot))).toEqual([true, false]);
    expect(hot.isOutdated('user_43', kept(1).snapshot)).toBe(false);
  });

  it('has the usage with the highest version, in whichever order the messages come', () => {
    const hot = new HotSnapshots();
    readInto(hot, kept(1, 2));
    hot.addUsage(total(5));
    hot.addUsage(total(4));
    expect(usedIn(hot)).toBe(5);
    hot.addUsage({ key: 'user_42', field: 'mtr_1@2', version: 9, used: 9 });
    expect(usedIn(hot)).toBe(5);
  });

  it('is not answered from when it is too old', () => {
    const hot = new HotSnapshots();
    readInto(hot, { ...kept(1), trusted_until_ms: performance.now() - 1 });
    expect(hot.find('user_42')).toBeUndefined();
  });

  it('makes room for others: memory is bounded', () => {
    const hot = new HotSnapshots();
    for (let i = 0; i < 200_000; i++) {
      const reading = hot.beginReading(`user_${i}`);
      hot.keep(reading, kept(1));
      hot.endReading(reading);
    }
    expect(hot.find('user_0')).toBeUndefined();
    expect(hot.find('user_199999')).toBeDefined();
  });
});

describe('what was last known of a customer', () => {
  it('stays when nothing is trusted any more, and when it is too old to be trusted', () => {
    const hot = new HotSnapshots();
    readInto(hot, kept(1));

    hot.distrustAll();

    expect(hot.find('user_42')).toBeUndefined();
    expect(hot.lastKnown('user_42')?.snapshot.version).toBe(1);
  });

  it('is nothing once something newer was told', () => {
    const hot = new HotSnapshots();
    readInto(hot, kept(1));

    hot.forget('user_42', 2);

    expect(hot.lastKnown('user_42')).toBeUndefined();
  });

  it('is nothing a quarter of an hour after it was read', () => {
    const hot = new HotSnapshots();
    readInto(hot, { ...kept(1), known_at_ms: performance.now() - 15 * 60_000 });

    expect(hot.lastKnown('user_42')).toBeUndefined();
  });

  it('is what Postgres said while Redis was away, and is not trusted like a copy that hears of changes', () => {
    const hot = new HotSnapshots();

    hot.remember('user_42', () => kept(1));

    expect(hot.find('user_42')).toBeUndefined();
    expect(hot.lastKnown('user_42')?.snapshot.version).toBe(1);
  });

  it('does not take the place of a copy that is trusted', () => {
    const hot = new HotSnapshots();
    readInto(hot, kept(2));

    hot.remember('user_42', () => kept(1));

    expect(hot.find('user_42')?.snapshot.version).toBe(2);
  });
});
