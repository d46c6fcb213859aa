import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Entry, entriesMax, type Limit, slotMs, windowState, withCall } from './sliding-window.ts';

/** Sends calls of cost 1 at these times, and says at which of them they were let through. */
function letThrough(limit: Limit, times: readonly number[]): number[] {
  let entries: Entry[] = [];
  const through: number[] = [];
  for (const now of times) {
    const { inside, isAllowed } = windowState(entries, limit, 1, now);
    entries = isAllowed ? withCall(inside, limit, 1, now) : inside;
    if (isAllowed) {
      through.push(now);
    }
    expect(entries.length).toBeLessThanOrEqual(entriesMax + 1);
  }
  return through;
}

/** The most calls in any stretch of `windowMs`. */
function mostIn(times: readonly number[], windowMs: number): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + windowMs).length));
}

describe('a sliding window', () => {
  it('lets the next call through when the oldest leaves, not a millisecond before', () => {
    const limit = { limit: 5, window_ms: 1_000 };
    expect(letThrough(limit, [0, 100, 200, 300, 400, 500, 999, 1_000, 1_099, 1_100])).toEqual([
      0, 100, 200, 300, 400, 1_000, 1_100,
    ]);
  });

  it('says when to try again, also for several calls at once', () => {
    const entries = [
      { at: 0, count: 1 },
      { at: 100, count: 3 },
      { at: 200, count: 1 },
    ];
    const limit = { limit: 5, window_ms: 1_000 };

    expect(windowState(entries, limit, 1, 300).state).toEqual({ used: 5, frees_at: 1_000, retry_at: 1_000 });
    expect(windowState(entries, limit, 2, 300).state.retry_at).toBe(1_100);
    expect(windowState(entries, limit, 5, 300).state.retry_at).toBe(1_200);
    // It will never fit.
    expect(windowState(entries, limit, 6, 300).state.retry_at).toBe(1_300);
  });

  it('never lets more through than the limit in any stretch of its length', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 20, max: 2_000 }),
        fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 600 }),
        (limit, windowMs, gaps) => {
          let now = 0;
          const times = gaps.map((gap) => (now += gap));
          const through = letThrough({ limit, window_ms: windowMs }, times);
          expect(mostIn(through, windowMs)).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 60 },
    );
  });

  // The accuracy that Unkey tests its limiter to: 0.95 to 1.2 of what the limit allows in theory.
  it.each(
    [5, 100, 1_000].flatMap((limit) =>
      [1_000, 5_000].flatMap((windowMs) => [0.9, 1, 10].map((load) => ({ limit, windowMs, load }))),
    ),
  )('lets what it should through: $limit in $windowMs ms, under $load of it', ({ limit, windowMs, load }) => {
    const windows = limit === 1_000 ? 5 : 50;
    const sent = Math.floor(limit * load * windows);
    const times = Array.from({ length: sent }, (_, i) => Math.floor((i * windowMs) / (limit * load)));

    const through = letThrough({ limit, window_ms: windowMs }, times).length;

    const theory = Math.min(sent, limit * windows);
    expect(through / theory).toBeGreaterThanOrEqual(0.95);
    expect(through / theory).toBeLessThanOrEqual(1.2);
  });

  it('keeps calls one by one up to a limit of 200, and puts those of a 200th together beyond', () => {
    expect(slotMs({ limit: 200, window_ms: 60_000 })).toBe(1);
    expect(slotMs({ limit: 201, window_ms: 60_000 })).toBe(300);
    expect(slotMs({ limit: 1_000, window_ms: 1_000 })).toBe(5);
  });
});
