import { expect, it } from 'vitest';
import { queryOf, withoutGaps } from './range.ts';

const now = Date.parse('2026-03-10T15:20:31.412Z');

it('asks for whole days, today among them', () => {
  expect(queryOf('week', now)).toEqual({ from: '2026-03-04T00:00:00.000Z', interval: 'day' });
  expect(queryOf('month', now)).toEqual({ from: '2026-02-09T00:00:00.000Z', interval: 'day' });
});

it('leaves the last day to the API, by the hour', () => {
  expect(queryOf('day', now)).toEqual({ interval: 'hour' });
});

it('puts a zero where nothing was called', () => {
  const one = {
    start: '2026-03-10T13:00:00.000Z',
    calls: 5,
    errors_4xx: 1,
    errors_5xx: 0,
    rate_4xx: 0.2,
    rate_5xx: 0,
    mean_ms: 30,
    p50_ms: 28,
    p95_ms: 50,
    p99_ms: 60,
    max_ms: 61,
  };
  const points = withoutGaps({
    from: '2026-03-10T12:00:00.000Z',
    to: '2026-03-10T14:30:00.000Z',
    interval: 'hour',
    over_time: [one],
  });

  expect(points.map(({ start, calls, p95_ms }) => [start, calls, p95_ms])).toEqual([
    ['2026-03-10T12:00:00.000Z', 0, null],
    ['2026-03-10T13:00:00.000Z', 5, 50],
    ['2026-03-10T14:00:00.000Z', 0, null],
  ]);
});
