import { describe, expect, it } from 'vitest';
import { SharedCounts } from './shared-counts.ts';

/** A store that several count in, as Redis is. */
function store() {
  const sums = new Map<string, number>();
  return (counts: { name: string; minute: number; calls: number }[]) =>
    Promise.resolve(
      counts.map(({ name, minute, calls }) => {
        const key = `${name} ${minute}`;
        sums.set(key, (sums.get(key) ?? 0) + calls);
        return sums.get(key) ?? 0;
      }),
    );
}

function takeMany(counts: SharedCounts, times: number, limit: number, now: number): number {
  return Array.from({ length: times }, () => counts.take('key', limit, now)).filter((wait) => wait === 0)
    .length;
}

describe('shared counts', () => {
  it('let as many through as the limit says, and say when to come again', () => {
    const counts = new SharedCounts();

    expect(takeMany(counts, 150, 100, 15_000)).toBe(100);
    expect(counts.take('key', 100, 15_000)).toBe(45);
    expect(counts.take('other', 100, 15_000)).toBe(0);
  });

  it('count of the minute before what the sliding minute still covers', () => {
    const counts = new SharedCounts();
    takeMany(counts, 80, 100, 0);

    // 15 seconds into the next, three quarters of 80 are 60.
    expect(takeMany(counts, 100, 100, 75_000)).toBe(40);
    expect(takeMany(counts, 100, 100, 3 * 60_000)).toBe(100);
  });

  it('know of each other after an exchange, and a failed one is made up for', async () => {
    const [a, b] = [new SharedCounts(), new SharedCounts()];
    const add = store();
    takeMany(a, 60, 100, 0);
    takeMany(b, 30, 100, 0);
    await expect(a.exchange(() => Promise.reject(new Error('away')), 0)).rejects.toThrow('away');
    await a.exchange(add, 0);
    await b.exchange(add, 0);

    expect(takeMany(b, 100, 100, 0)).toBe(10);
    await b.exchange(add, 0);
    takeMany(a, 1, 100, 0);
    await a.exchange(add, 0);
    expect(takeMany(a, 100, 100, 0)).toBe(0);
  });
});
