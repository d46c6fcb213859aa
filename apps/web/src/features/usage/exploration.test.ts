import { expect, test } from 'vitest';
import { beginOf, changeOf, linesOf, pointsOf, previousOf, seriesOf } from './exploration.ts';

const now = Date.parse('2026-11-20T12:34:56Z');
const explored = {
  meter: 'tokens',
  aggregation: 'sum' as const,
  from: '2026-11-18T00:00:00.000Z',
  to: '2026-11-20T12:34:56.000Z',
  interval: 'day' as const,
  timezone: 'UTC',
  value: 10.3,
  events: 5,
  over_time: [
    { start: '2026-11-18T00:00:00.000Z', value: 0.3 },
    { start: '2026-11-20T00:00:00.000Z', value: 10 },
  ],
  groups: [
    {
      group: 'ada',
      value: 7.1,
      events: 2,
      over_time: [
        { start: '2026-11-18T00:00:00.000Z', value: 0.1 },
        { start: '2026-11-20T00:00:00.000Z', value: 7 },
      ],
    },
    { group: null, value: 0.2, events: 1, over_time: [{ start: '2026-11-18T00:00:00.000Z', value: 0.2 }] },
  ],
  other: { value: 3, events: 2, over_time: [{ start: '2026-11-20T00:00:00.000Z', value: 3 }] },
};

test('a range begins with an interval', () => {
  expect(beginOf('day', now).toISOString()).toBe('2026-11-19T13:00:00.000Z');
  expect(beginOf('week', now).toISOString()).toBe('2026-11-14T00:00:00.000Z');
  expect(beginOf('year', now).toISOString()).toBe('2025-12-01T00:00:00.000Z');
});

test('what was before ends at the same point of its last interval', () => {
  expect(previousOf('week', now)).toEqual({
    from: new Date('2026-11-07T00:00:00Z'),
    to: new Date('2026-11-13T12:34:00Z'),
  });
  expect(previousOf('year', now)).toBeUndefined();
});

test('every interval has a point, whose parts are the whole', () => {
  const points = pointsOf(explored);

  expect(points.map(({ start, total }) => [start.slice(8, 10), total])).toEqual([
    ['18', 0.3],
    ['19', 0],
    ['20', 10],
  ]);
  expect(points[0]?.values).toEqual({ all: 0.3, group0: 0.1, group1: 0.2, others: 0 });
  expect(points[2]?.values).toEqual({ all: 10, group0: 7, group1: 0, others: 3 });
});

test('the largest groups have colours of their own, and the others one together', () => {
  const word = (group: string | null) => group ?? 'None';

  expect(seriesOf(explored, word).map(({ label }) => label)).toEqual(['ada', 'None', 'All others']);
  expect(seriesOf({ ...explored, other: null }, word).map(({ label }) => label)).toEqual(['ada', 'None']);
  expect(seriesOf({ ...explored, aggregation: 'max' }, word).map(({ label }) => label)).toEqual([
    'ada',
    'None',
  ]);
  expect(seriesOf({ ...explored, groups: [], other: null }, word).map(({ key }) => key)).toEqual(['all']);
});

test('a file has a line for each group and interval', () => {
  expect(linesOf(explored)).toHaveLength(4);
  expect(linesOf(explored).at(-1)).toMatchObject({ group: 'all others', value: 3 });
  expect(linesOf({ ...explored, groups: [], other: null })).toHaveLength(2);
});

test('of nothing nothing is a share', () => {
  expect(changeOf(15, 10)).toBe(0.5);
  expect(changeOf(15, 0)).toBeNull();
});
