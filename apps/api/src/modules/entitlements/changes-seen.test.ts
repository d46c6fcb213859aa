import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, ChangesSeen, type ChangesRead, snapshotKey } from './changes-seen.ts';

const key = snapshotKey('env_1', 'user_42');

const small = { customers: 3, environments: 2, told: 100 };

const customerChange = (changedIn: number, cacheKey = 'user_42', environmentId = 'env_1'): Change => ({
  environment_id: environmentId,
  kind: 'customer',
  cache_key: cacheKey,
  changed_in: changedIn,
});
const change = (kind: 'environment' | 'usage', changedIn: number): Change => ({
  ...customerChange(changedIn, ''),
  kind,
});

function read(horizon: number, ...changes: Change[]): ChangesRead {
  return { horizon, next: horizon, changes, isComplete: true };
}

/** Has listened since transaction 100, at the time 0. */
function listening(): ChangesSeen {
  const seen = new ChangesSeen(small);
  seen.take(seen.begin(0), read(100));
  return seen;
}

/** What a reading at this time finds. */
function hears(seen: ChangesSeen, nowMs: number, found: ChangesRead): void {
  seen.take(seen.begin(nowMs), found);
}

const vouches = (seen: ChangesSeen, asOf: number, nowMs = 0) => seen.vouches('env_1', key, asOf, nowMs);

describe('a copy', () => {
  it('is vouched for from when this process listens, not before, and not when it is of a time to come', () => {
    expect(vouches(new ChangesSeen(), 100)).toBe(false);
    const seen = listening();
    expect([99, 100, 101].map((asOf) => vouches(seen, asOf))).toEqual([false, true, false]);
  });

  it('is not vouched for seven seconds after the last reading', () => {
    const seen = listening();
    expect(vouches(seen, 100, 7_000)).toBe(true);
    expect(vouches(seen, 100, 7_001)).toBe(false);
    hears(seen, 9_000, read(100));
    expect(vouches(seen, 100, 16_000)).toBe(true);
  });

  it('of a customer who changed must be of after that change', () => {
    const seen = listening();
    hears(seen, 0, read(120, customerChange(110)));
    expect([110, 111].map((asOf) => vouches(seen, asOf))).toEqual([false, true]);
    expect(seen.vouches('env_1', snapshotKey('env_1', 'user_43'), 110, 0)).toBe(true);
    expect(seen.vouches('env_2', snapshotKey('env_2', 'user_42'), 110, 0)).toBe(true);
  });

  it('of an environment in which something changed must be of after that change, whoever’s it is', () => {
    const seen = listening();
    hears(seen, 0, read(120, change('environment', 110)));
    expect([110, 111].map((asOf) => vouches(seen, asOf))).toEqual([false, true]);
    expect(seen.vouches('env_1', snapshotKey('env_1', 'user_43'), 110, 0)).toBe(false);
    expect(seen.vouches('env_2', snapshotKey('env_2', 'user_42'), 110, 0)).toBe(true);
  });

  it('goes on when totals were told, before or after their commit was read, and not when they were lost', () => {
    const seen = listening();
    seen.tell('env_1', 110);
    hears(seen, 0, read(120, change('usage', 110), change('usage', 111)));
    expect(vouches(seen, 105, 1_999)).toBe(true);
    seen.tell('env_1', 111);
    expect(vouches(seen, 105, 2_000)).toBe(true);

    hears(seen, 2_000, read(130, change('usage', 125)));
    expect(vouches(seen, 105, 4_000)).toBe(false);
    expect(vouches(seen, 126, 4_000)).toBe(true);
  });

  it('is not vouched for when messages may have been lost, also not by a reading that was under way', () => {
    const seen = listening();
    const reading = seen.begin(1_000);
    seen.lose();
    seen.take(reading, read(120));
    expect(vouches(seen, 120)).toBe(false);
    hears(seen, 2_000, read(130));
    expect([120, 130].map((asOf) => vouches(seen, asOf))).toEqual([false, true]);
  });

  it('is of before, when there was more to read than can be looked at, or the database is another one', () => {
    const crowded = listening();
    hears(crowded, 0, { ...read(200), isComplete: false });
    expect([150, 200].map((asOf) => vouches(crowded, asOf))).toEqual([false, true]);

    const restored = listening();
    hears(restored, 0, read(50));
    expect([50, 100].map((asOf) => vouches(restored, asOf))).toEqual([true, false]);
  });

  it('is of before, when more customers or environments have changed than are remembered', () => {
    const seen = listening();
    const changed = ['a', 'b', 'c', 'd'].map((name, i) => customerChange(201 + i, name));
    hears(seen, 0, read(1_000, ...changed));
    expect(seen.vouches('env_1', snapshotKey('env_1', 'a'), 150, 0)).toBe(false);
    expect([150, 202].map((asOf) => vouches(seen, asOf))).toEqual([false, true]);

    const environments = ['env_2', 'env_3', 'env_4'].map((id, i) => ({
      ...change('environment', 301 + i),
      environment_id: id,
    }));
    hears(seen, 0, read(1_000, ...environments));
    expect([202, 302].map((asOf) => seen.vouches('env_5', 'other', asOf, 0))).toEqual([false, true]);
  });
});

describe('what is vouched for', () => {
  // Transactions are numbered when they begin, and commit in any order.
  it('lacks nothing that was committed before the last reading, in whatever order transactions commit', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('begin' as const), customer: fc.constantFrom('a', 'b', 'c', 'd') }),
      fc.record({ do: fc.constant('commit' as const), which: fc.nat(5) }),
      fc.record({ do: fc.constant('copy' as const), customer: fc.constantFrom('a', 'b', 'c', 'd') }),
      fc.record({ do: fc.constant('read' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const seen = new ChangesSeen(small);
        let next = 100;
        let open: { id: number; customer: string }[] = [];
        const committed: { id: number; customer: string }[] = [];
        let known: typeof committed = [];
        const copies: { customer: string; as_of: number; holds: Set<number> }[] = [];
        const horizon = (): number => Math.min(next, ...open.map(({ id }) => id));
        for (const taken of steps) {
          if (taken.do === 'begin') {
            open.push({ id: next++, customer: taken.customer });
          } else if (taken.do === 'commit') {
            const done = open[taken.which % Math.max(1, open.length)];
            open = open.filter((one) => one !== done);
            committed.push(...(done === undefined ? [] : [done]));
          } else if (taken.do === 'copy') {
            const holds = new Set(committed.map(({ id }) => id));
            copies.push({ customer: taken.customer, as_of: horizon(), holds });
          } else {
            const reading = seen.begin(0);
            const { since } = reading;
            const changes = committed
              .filter(({ id }) => since !== null && id >= since)
              .map(({ id, customer }) => customerChange(id, customer));
            seen.take(reading, { horizon: horizon(), next, changes, isComplete: true });
            known = [...committed];
          }
          for (const copy of copies) {
            const lacking = known.filter(
              ({ id, customer }) => customer === copy.customer && !copy.holds.has(id),
            );
            if (seen.vouches('env_1', snapshotKey('env_1', copy.customer), copy.as_of, 0)) {
              expect(lacking).toEqual([]);
            }
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
