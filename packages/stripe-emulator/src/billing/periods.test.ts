import { describe, expect, it } from 'vitest';
import { periodAround, periodBoundary } from './periods.ts';

const at = (text: string) => Date.parse(`${text}Z`) / 1000;
const monthly = { interval: 'month', interval_count: 1 };

describe('the end of a period', () => {
  it.each([
    ['2026-01-31T10:20:30', monthly, 1, '2026-02-28T10:20:30'],
    ['2026-01-31T10:20:30', monthly, 2, '2026-03-31T10:20:30'],
    ['2027-12-31T00:00:00', monthly, 2, '2028-02-29T00:00:00'],
    ['2026-11-15T23:59:59', { interval: 'month', interval_count: 3 }, 1, '2027-02-15T23:59:59'],
    ['2028-02-29T12:00:00', { interval: 'year', interval_count: 1 }, 1, '2029-02-28T12:00:00'],
    ['2026-03-28T08:00:00', { interval: 'week', interval_count: 2 }, 1, '2026-04-11T08:00:00'],
    ['2026-03-28T08:00:00', { interval: 'day', interval_count: 1 }, 5, '2026-04-02T08:00:00'],
  ])('from %s, every %o, number %i, is %s', (anchor, every, count, expected) => {
    expect(periodBoundary(at(anchor), every, count)).toBe(at(expected));
  });

  it('keeps the day of the anchor after a short month', () => {
    expect(periodAround(at('2026-01-31T00:00:00'), monthly, at('2026-02-28T00:00:00'))).toEqual({
      start: at('2026-02-28T00:00:00'),
      end: at('2026-03-31T00:00:00'),
    });
  });
});
