import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Clock } from '../../src/platform/clock.ts';
import { RateLimiter } from '../../src/platform/rate-limits/rate-limiter.ts';
import { Redis } from '../../src/platform/redis.ts';
import { startApi, type TestApi } from '../fixtures/api.ts';

let api: TestApi;
let others: TestApi[];
beforeAll(async () => {
  api = await startApi();
  others = [await api.another(), await api.another()];
});
afterAll(async () => {
  for (const other of others) {
    await other.close();
  }
  await api.close();
});

function limiterOf(instance: TestApi): RateLimiter {
  return instance.app.get(RateLimiter);
}

// SEC-13
describe('calls counted by several processes', () => {
  it('are let through exactly as often as the limit says, however many come at once', async () => {
    const group = randomUUID();
    const window = { name: 'key:one', limit: 100, window_ms: 60_000 };
    const limiters = [api, ...others].map(limiterOf);

    const answers = await Promise.all(
      limiters.flatMap((limiter) => Array.from({ length: 300 }, () => limiter.take(group, [window]))),
    );

    expect(answers.filter(({ isAllowed }) => isAllowed).length).toBe(100);
    expect(answers.every(({ windows }) => (windows[0]?.used ?? 101) <= 100)).toBe(true);
  });

  it('are taken from every limit or from none', async () => {
    const group = randomUUID();
    const limiter = limiterOf(api);
    const narrow = { name: 'key:one', limit: 2, window_ms: 60_000 };
    const wide = { name: 'customer:one', limit: 10, window_ms: 60_000 };

    await Promise.all(Array.from({ length: 20 }, () => limiter.take(group, [narrow, wide])));
    const { windows } = await limiter.take(group, [wide]);

    // Two of twenty, and this one.
    expect(windows[0]?.used).toBe(3);
  });

  it('are counted by the script as by a process alone, call for call', async () => {
    const limiter = limiterOf(api);
    const { client } = api.app.get(Redis);
    const now = vi.spyOn(api.app.get(Clock), 'now');
    const run = async (
      limit: number,
      windowMs: number,
      calls: [gap: number, cost: number][],
      isAway: boolean,
    ) => {
      const group = randomUUID();
      const script = vi.spyOn(client, 'takeCalls');
      if (isAway) {
        script.mockRejectedValue(new Error('away'));
      }
      let at = 1_800_000_000_000;
      const answers = [];
      for (const [gap, cost] of calls) {
        at += gap;
        now.mockReturnValue(new Date(at));
        answers.push(await limiter.take(group, [{ name: 'w', limit, window_ms: windowMs }], cost));
      }
      script.mockRestore();
      return answers;
    };

    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 10, max: 1_000 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 30 })), {
          minLength: 1,
          maxLength: 30,
        }),
        async (limit, windowMs, calls) => {
          expect(await run(limit, windowMs, calls, false)).toEqual(await run(limit, windowMs, calls, true));
        },
      ),
      { numRuns: 40 },
    );
    now.mockRestore();
  });

  it('are still limited in each process while Redis is away', async () => {
    const group = randomUUID();
    const window = { name: 'key:one', limit: 10, window_ms: 60_000 };
    for (const instance of [api, ...others]) {
      instance.app.get(Redis).client.disconnect();
    }

    const answers = await Promise.all(
      [api, ...others].flatMap((instance) =>
        Array.from({ length: 50 }, () => limiterOf(instance).take(group, [window])),
      ),
    );
    for (const instance of [api, ...others]) {
      await instance.app.get(Redis).connect();
    }

    expect(answers.filter(({ isAllowed }) => isAllowed).length).toBe(30);
  });
});
