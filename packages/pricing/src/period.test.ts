import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { after, nextPeriods, periodAt, type Recurrence } from './period.ts';

const at = (text: string) => new Date(text);
const second = 1_000;
const moment = (from: string, to: string) =>
  fc
    .integer({ min: Date.parse(from) / second, max: Date.parse(to) / second })
    .map((time) => new Date(time * second));
const recurrence: fc.Arbitrary<Recurrence> = fc.record({
  interval: fc.constantFrom('day', 'week', 'month', 'year'),
  interval_count: fc.integer({ min: 1, max: 36 }),
});
/** The ends of months and leap days more often than they come by themselves. */
const anchor = fc.oneof(
  moment('2020-01-01', '2028-01-01'),
  fc
    .tuple(
      fc.constantFrom('2024-02-29', '2020-02-29', '2026-01-31', '2025-12-30', '2026-08-29'),
      fc.nat({ max: 86_399 }),
    )
    .map(([date, offset]) => new Date(Date.parse(date) + offset * second)),
);

describe('billing periods', () => {
  // INV-32
  it('tile, for 10,000 anchors over five years: no gap, no overlap, and each contains its moments', () => {
    fc.assert(
      fc.property(anchor, recurrence, moment('2018-01-01', '2033-01-01'), (start, every, point) => {
        const periods = nextPeriods(start, every, point, 8);
        const [first] = periods;
        expect(first).toEqual(periodAt(start, every, point));
        expect(first !== undefined && first.start <= point && point < first.end).toBe(true);
        periods.forEach((period, index) => {
          expect(period.start < period.end).toBe(true);
          expect(periods[index + 1]?.start ?? period.end).toEqual(period.end);
          expect(periodAt(start, every, period.start)).toEqual(period);
          expect(periodAt(start, every, new Date(period.end.getTime() - 1))).toEqual(period);
        });
      }),
      { numRuns: 10_000 },
    );
  }, 60_000);

  it('come back to the day of the anchor after a shorter month', () => {
    const monthly = { interval: 'month', interval_count: 1 } as const;
    expect(nextPeriods(at('2026-01-31T10:00:00Z'), monthly, at('2026-01-31T10:00:00Z'), 4)).toEqual([
      { start: at('2026-01-31T10:00:00Z'), end: at('2026-02-28T10:00:00Z') },
      { start: at('2026-02-28T10:00:00Z'), end: at('2026-03-31T10:00:00Z') },
      { start: at('2026-03-31T10:00:00Z'), end: at('2026-04-30T10:00:00Z') },
      { start: at('2026-04-30T10:00:00Z'), end: at('2026-05-31T10:00:00Z') },
    ]);
  });

  it.each([
    [
      '2024-02-29T00:00:00Z',
      'year',
      1,
      '2026-03-01T00:00:00Z',
      '2026-02-28T00:00:00Z',
      '2027-02-28T00:00:00Z',
    ],
    [
      '2024-02-29T00:00:00Z',
      'year',
      1,
      '2028-03-01T00:00:00Z',
      '2028-02-29T00:00:00Z',
      '2029-02-28T00:00:00Z',
    ],
    // A quarter anchored on the 30th.
    [
      '2025-11-30T00:00:00Z',
      'month',
      3,
      '2026-03-01T00:00:00Z',
      '2026-02-28T00:00:00Z',
      '2026-05-30T00:00:00Z',
    ],
    [
      '2026-01-01T00:00:00Z',
      'month',
      1,
      '2026-02-01T00:00:00Z',
      '2026-02-01T00:00:00Z',
      '2026-03-01T00:00:00Z',
    ],
    // Before the anchor.
    [
      '2026-01-31T10:00:00Z',
      'month',
      1,
      '2025-12-01T00:00:00Z',
      '2025-11-30T10:00:00Z',
      '2025-12-31T10:00:00Z',
    ],
    [
      '2026-01-01T00:00:00Z',
      'week',
      2,
      '2025-12-31T23:59:59Z',
      '2025-12-18T00:00:00Z',
      '2026-01-01T00:00:00Z',
    ],
  ] as const)(
    'anchored at %s, every %s × %i, contain %s from %s to %s',
    (start, interval, count, point, from, to) => {
      expect(periodAt(at(start), { interval, interval_count: count }, at(point))).toEqual({
        start: at(from),
        end: at(to),
      });
    },
  );

  it('are refused for what is no date or no interval', () => {
    const monthly = { interval: 'month', interval_count: 1 } as const;
    expect(() => periodAt(new Date('x'), monthly, new Date(0))).toThrow('anchor is not a date');
    expect(() => periodAt(new Date(0), monthly, new Date('x'))).toThrow('at is not a date');
    expect(() => after(new Date(0), { interval: 'month', interval_count: 0 }, 1)).toThrow('interval_count');
  });
});
