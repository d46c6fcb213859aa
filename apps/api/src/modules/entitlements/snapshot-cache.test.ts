import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../../../test/fixtures/api.ts';
import { Redis } from '../../platform/redis.ts';
import { snapshotKey } from './changes-seen.ts';
import { RedisSnapshots } from './redis-snapshots.ts';
import type { Snapshot } from './snapshot.ts';
import { SnapshotCache } from './snapshot-cache.ts';

let api: TestApi;
let cache: SnapshotCache;
/** As a process has them that keeps no copies and hears of no change. */
let stored: RedisSnapshots;
beforeAll(async () => {
  api = await startApi();
  cache = api.app.get(SnapshotCache);
  stored = new RedisSnapshots(api.app.get(Redis));
});
afterAll(() => api.close());

function snapshotOf(version: number, used = 0, usageVersion = 0): Snapshot {
  return {
    customer_id: 'cus_1',
    external_id: 'user_42',
    version,
    unsynced_since: null,
    known: true,
    features: {
      api_calls: {
        name: 'API calls',
        type: 'metered',
        suspended: false,
        limit: version,
        overage: 'block',
        value: null,
        meter_id: 'mtr_1',
        period_start: '2026-11-01T00:00:00+00:00',
        period_end: '2026-12-01T00:00:00+00:00',
        used,
        held: 0,
        usage_version: usageVersion,
      },
    },
  };
}

describe('the snapshots in Redis, and the copies of them', () => {
  // INV-13
  it('never go back to an older version, however readers and writers overtake each other', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom('read', 'read elsewhere', 'change'), { minLength: 2, maxLength: 8 }),
        async (scheduler, actors) => {
          const key = randomUUID();
          let truth = 0;
          let told = 0;
          const at = (name: string) => scheduler.schedule(Promise.resolve(), name);
          const read = async (isElsewhere: boolean): Promise<void> => {
            await at('read the database');
            const snapshot = snapshotOf(truth);
            await at('set the cache');
            await (isElsewhere
              ? stored.write(snapshotKey('env_1', key), snapshot, 0)
              : cache.write('env_1', key, snapshot, 0));
          };
          const change = async (): Promise<void> => {
            await at('write the database');
            const version = ++truth;
            await at('invalidate');
            await cache.invalidate('env_1', key, version);
            told = Math.max(told, version);
          };
          const look = async (): Promise<void> => {
            for (let i = 0; i < 4; i++) {
              await at('check');
              const toldBefore = told;
              const cached = await cache.read('env_1', key);
              expect(cached?.snapshot.version ?? toldBefore).toBeGreaterThanOrEqual(toldBefore);
              expect(cached?.snapshot.features['api_calls']?.limit).toBe(cached?.snapshot.version);
              await at('check elsewhere');
              const toldElsewhere = told;
              const elsewhere = await stored.read('env_1', snapshotKey('env_1', key));
              expect(elsewhere?.snapshot.version ?? toldElsewhere).toBeGreaterThanOrEqual(toldElsewhere);
              await at('check again');
              const toldMeanwhile = told;
              const hot = cache.find('env_1', key);
              expect(hot?.snapshot.version ?? toldMeanwhile).toBeGreaterThanOrEqual(toldMeanwhile);
            }
          };
          const all = Promise.all([
            look(),
            ...actors.map((actor) => (actor === 'change' ? change() : read(actor === 'read elsewhere'))),
          ]);
          await scheduler.waitFor(all);
          const last = await stored.read('env_1', snapshotKey('env_1', key));
          expect(last?.snapshot.version ?? truth).toBe(truth);
          expect((await cache.read('env_1', key))?.snapshot.version ?? truth).toBe(truth);
        },
      ),
      { numRuns: 300 },
    );
  }, 60_000);

  it('keep the highest usage, whichever reader comes last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 2 }), async (order) => {
        const key = randomUUID();
        for (const usageVersion of order) {
          await cache.write('env_1', key, snapshotOf(1, usageVersion * 10, usageVersion), 0);
        }
        const used = (await cache.read('env_1', key))?.snapshot.features['api_calls']?.used;
        expect(used).toBe(Math.max(...order) * 10);
      }),
      { numRuns: 50 },
    );
  });

  it('are not written by a reader who took longer than they may be trusted', async () => {
    const key = randomUUID();
    await cache.write('env_1', key, snapshotOf(1), 10_001);
    expect(await cache.read('env_1', key)).toBeUndefined();
  });

  it('of one environment are not those of another', async () => {
    const key = randomUUID();
    await cache.write('env_1', key, snapshotOf(1), 0);
    expect(await cache.read('env_1', key)).toBeDefined();
    expect(cache.find('env_1', key)).toBeDefined();
    expect(await cache.read('env_2', key)).toBeUndefined();
    expect(cache.find('env_2', key)).toBeUndefined();
  });
});
