import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bin, quantileOf } from './latency-sketch.ts';

/** As `app.roll_up_unit` sorts them in. */
function binsOf(times: readonly number[]): Bin[] {
  const counts = new Map<number, number>();
  for (const time of times) {
    const bin = time < 0.001 ? -2000 : Math.ceil(Math.log(time) / Math.log(1.01 / 0.99));
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  return [...counts].map(([bin, calls]) => ({ bin, calls })).toSorted((a, b) => a.bin - b.bin);
}

describe('a quantile of a sketch', () => {
  it('of 1 to 100 ms is where it should be', () => {
    const bins = binsOf(Array.from({ length: 100 }, (_, i) => i + 1));

    expect(quantileOf(bins, 0.5)).toBeCloseTo(50, 0);
    expect(quantileOf(bins, 0.95)).toBeGreaterThan(94.05);
    expect(quantileOf(bins, 0.95)).toBeLessThan(95.95);
    expect(quantileOf([], 0.5)).toBeNull();
    expect(quantileOf(binsOf([0, 0, 0]), 0.99)).toBe(0);
  });

  it('is at most 1 % from the exact one, whatever the times', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 86_400_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.constantFrom(0.5, 0.95, 0.99),
        (times, share) => {
          const exact = times.toSorted((a, b) => a - b)[Math.floor(share * (times.length - 1))] ?? 0;
          const found = quantileOf(binsOf(times), share) ?? 0;
          expect(Math.abs(found - exact) / exact).toBeLessThanOrEqual(0.0101);
        },
      ),
    );
  });
});
