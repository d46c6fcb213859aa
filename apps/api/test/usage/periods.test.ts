import { periodAt } from '@billingos/pricing/period';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../fixtures/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const units = ['day', 'week', 'month', 'year'] as const;
const point = (from: string, to: string) =>
  fc.date({ min: new Date(from), max: new Date(to), noInvalidDate: true });
const seconds = (date: Date) => new Date(Math.floor(date.getTime() / 1_000) * 1_000);
const schedule = fc.record({
  anchor: point('2020-01-01T00:00:00Z', '2027-12-31T23:59:59Z').map(seconds),
  unit: fc.constantFrom(...units),
  every: fc.integer({ min: 1, max: 36 }),
  at: point('2018-01-01T00:00:00Z', '2033-01-01T00:00:00Z').map(seconds),
});

describe('billing periods', () => {
  // INV-32
  it('tile: each contains its moment, and ends where the next begins', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(schedule, { minLength: 100, maxLength: 100 }), async (schedules) => {
        const { rows } = await database.owner.query(
          `with given as (
             select * from unnest($1::timestamptz[], $2::text[], $3::int[], $4::timestamptz[]) as g (anchor, unit, every, at)
           )
           select g.*, p.period_start, p.period_end, next.period_start as next_start, before.period_end as before_end
           from given g,
             app.period_at(g.anchor, g.unit, g.every, g.at) p,
             app.period_at(g.anchor, g.unit, g.every, p.period_end) next,
             app.period_at(g.anchor, g.unit, g.every, p.period_start - interval '1 microsecond') before
           where not (p.period_start <= g.at and g.at < p.period_end
             and next.period_start = p.period_end and before.period_end = p.period_start)`,
          [
            schedules.map(({ anchor }) => anchor),
            schedules.map(({ unit }) => unit),
            schedules.map(({ every }) => every),
            schedules.map(({ at }) => at),
          ],
        );
        expect(rows).toEqual([]);
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  it('are those of the pricing package, which invoices and previews count with', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(schedule, { minLength: 200, maxLength: 200 }), async (schedules) => {
        const { rows } = await database.owner.query<{ period_start: Date; period_end: Date }>(
          `select p.* from unnest($1::timestamptz[], $2::text[], $3::int[], $4::timestamptz[])
             with ordinality as g (anchor, unit, every, at, n),
             app.period_at(g.anchor, g.unit, g.every, g.at) p
           order by g.n`,
          [
            schedules.map(({ anchor }) => anchor),
            schedules.map(({ unit }) => unit),
            schedules.map(({ every }) => every),
            schedules.map(({ at }) => at),
          ],
        );
        expect(rows.map((row) => ({ start: row.period_start, end: row.period_end }))).toEqual(
          schedules.map(({ anchor, unit, every, at }) =>
            periodAt(anchor, { interval: unit, interval_count: every }, at),
          ),
        );
      }),
      { numRuns: 50 },
    );
  }, 60_000);

  it.each([
    ['2026-01-31T10:00:00Z', 'month', '2026-02-15T00:00:00Z', '2026-01-31T10:00:00Z', '2026-02-28T10:00:00Z'],
    ['2026-01-31T10:00:00Z', 'month', '2026-03-15T00:00:00Z', '2026-02-28T10:00:00Z', '2026-03-31T10:00:00Z'],
    ['2026-01-31T10:00:00Z', 'month', '2026-05-01T00:00:00Z', '2026-04-30T10:00:00Z', '2026-05-31T10:00:00Z'],
    ['2024-02-29T00:00:00Z', 'year', '2026-03-01T00:00:00Z', '2026-02-28T00:00:00Z', '2027-02-28T00:00:00Z'],
    ['2024-02-29T00:00:00Z', 'year', '2028-03-01T00:00:00Z', '2028-02-29T00:00:00Z', '2029-02-28T00:00:00Z'],
    ['2026-01-01T00:00:00Z', 'month', '2026-02-01T00:00:00Z', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
  ])('anchored at %s, every %s, contain %s from %s to %s', async (anchor, unit, at, start, end) => {
    const { rows } = await database.owner.query<{ period_start: Date; period_end: Date }>(
      'select * from app.period_at($1, $2, 1, $3)',
      [anchor, unit, at],
    );
    expect(rows).toEqual([{ period_start: new Date(start), period_end: new Date(end) }]);
  });

  it('do not depend on the time zone of the connection', async () => {
    const client = new pg.Client({ connectionString: database.ownerUrl });
    await client.connect();
    try {
      for (const zone of ['UTC', 'America/New_York', 'Pacific/Chatham']) {
        await client.query(`set timezone to '${zone}'`);
        const { rows } = await client.query<{ start: string }>(
          `select extract(epoch from period_start)::text as start
           from app.period_at('2026-03-31T23:30:00Z', 'month', 1, '2026-11-15T12:00:00Z')`,
        );
        expect(Number(rows[0]?.start)).toBe(Date.UTC(2026, 9, 31, 23, 30) / 1_000);
      }
    } finally {
      await client.end();
    }
  });
});
