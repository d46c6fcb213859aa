import { expect, test } from 'vitest';
import { limitsOf, newestPeriods, periodUse } from './period-use.ts';

const explored = {
  meter: 'tokens',
  aggregation: 'sum' as const,
  from: '2026-11-18T00:00:00.000Z',
  to: '2026-11-20T12:34:56.000Z',
  interval: 'day' as const,
  timezone: 'UTC',
  value: 10.5,
  events: 3,
  over_time: [
    { start: '2026-11-18T00:00:00.000Z', value: 7.3 },
    { start: '2026-11-20T00:00:00.000Z', value: 3.2 },
  ],
  groups: [],
  other: null,
};
const grown = (points: ReturnType<typeof periodUse>) =>
  points?.map(({ start, value, together }) => [start.slice(8, 10), value, together]);

test('a sum grows to the total, whatever else its first day saw', () => {
  // The period began on the 18th at noon, after 2.2 of the 7.3 of that day.
  expect(grown(periodUse(explored, 8.3))).toEqual([
    ['18', 5.1, 5.1],
    ['19', 0, 5.1],
    ['20', 3.2, 8.3],
  ]);
  // 4 were late: of before, and counted in this one.
  expect(grown(periodUse(explored, 14.5))?.[0]).toEqual(['18', 11.3, 11.3]);
});

test('the highest value stays until a higher one, and never above the total', () => {
  expect(grown(periodUse({ ...explored, aggregation: 'max' }, 5))).toEqual([
    ['18', 7.3, 5],
    ['19', 0, 5],
    ['20', 3.2, 5],
  ]);
});

test('the latest value holds until the next one', () => {
  expect(grown(periodUse({ ...explored, aggregation: 'latest' }, 3.2))).toEqual([
    ['18', 7.3, 7.3],
    ['19', 0, 7.3],
    ['20', 3.2, 3.2],
  ]);
});

test('of distinct values nothing tells how they grew', () => {
  expect(periodUse({ ...explored, aggregation: 'unique' }, 3)).toBeNull();
});

const record = (meter: string, month: string) => ({
  id: `${meter} ${month}`,
  customer: { id: 'cus_1', external_id: 'ada' },
  meter,
  period_start: `2026-${month}-01T00:00:00.000Z`,
  period_end: `2026-${month}-28T00:00:00.000Z`,
  value: 1,
  event_count: 1,
  updated_at: '2026-11-20T00:00:00.000Z',
});

test('each meter is drawn in its newest period', () => {
  const records = [record('b', '09'), record('a', '10'), record('a', '11'), record('a', '09')];

  expect(newestPeriods(records).map(({ id }) => id)).toEqual(['a 11', 'b 09']);
});

test('limits are those of features of the meter, in the period that is drawn', () => {
  const feature = (limit: number | null, more: object = {}) => ({
    name: 'Tokens',
    meter: 'a',
    period_start: '2026-11-01T00:00:00.000Z',
    limit,
    suspended: false,
    ...more,
  });
  const features = [
    feature(100),
    feature(null),
    feature(5, { meter: 'b' }),
    feature(6, { suspended: true }),
    feature(7, { period_start: '2026-10-01T00:00:00.000Z' }),
  ];

  expect(limitsOf(record('a', '11'), features)).toEqual([{ name: 'Tokens', limit: 100 }]);
});
