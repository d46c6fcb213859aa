import { randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExploreRollupsRepository } from '../../src/modules/usage/explore-rollups.repository.ts';
import {
  type Explored,
  type ExploredRow,
  ExploreUsageRepository,
} from '../../src/modules/usage/explore-usage.repository.ts';
import { RollUpUsage } from '../../src/modules/usage/roll-up-usage.ts';
import { Database } from '../../src/platform/database/database.ts';
import { type Json, startApi, type Tenant, type TestApi } from '../fixtures/api.ts';

const hour = 3_600_000;
const now = Date.parse('2026-11-20T12:20:00Z');

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  api.setTime(new Date(now));
  tenant = await api.newTenant();
});
afterAll(() => api.close());

async function newMeter(aggregation: string, groupBy: string[] = ['model']): Promise<Explored['meter']> {
  const key = `m_${randomUUID().slice(0, 8)}`;
  const made = await tenant.asServer('POST', 'meters', { key, name: key, aggregation, group_by: groupBy });
  // From here on its properties are rolled up.
  await rollUp();
  return { id: made.body['id'], aggregation: made.body['aggregation'], property: null };
}
async function keyOf(meter: Explored['meter']): Promise<string> {
  return (await tenant.asServer('GET', `meters/${meter.id}`)).body['key'];
}
const event = (meter: string, customer: string, at: number, value: number, properties: Json = {}) => ({
  idempotency_key: randomUUID(),
  customer,
  meter,
  value,
  occurred_at: new Date(at).toISOString(),
  properties,
});
/** Returns their ids. */
async function track(...events: Json[]): Promise<string[]> {
  const { body } = await tenant.asServer('POST', 'usage/track', { events });
  expect(body['results'].map((one: Json) => one['status'])).toEqual(events.map(() => 'accepted'));
  return body['results'].map((one: Json) => one['id']);
}
async function takeBack(id: string): Promise<void> {
  const answer = await tenant.asServer('POST', 'usage/corrections', {
    idempotency_key: randomUUID(),
    event: id,
    reason: 'Measured wrongly.',
  });
  expect(answer.body['status']).toBe('accepted');
}
const rollUp = () => api.app.get(RollUpUsage).rollUp();

/** Until all that is stored by now is in: a transaction that is open in the database of another test holds it back. */
async function rollUpAll(valuesMax = 1000): Promise<void> {
  const { owner } = api.database;
  const { rows } = await owner.query('select pg_snapshot_xmax(pg_current_snapshot())::text as stored_until');
  await expect
    .poll(
      async () => {
        await owner.query('select app.roll_up_usage(1000, $1, $2)', [valuesMax, new Date(now)]);
        const { rowCount } = await owner.query('select from usage_rollup_state where rolled_until >= $1', [
          rows[0].stored_until,
        ]);
        return rowCount;
      },
      { timeout: 60_000 },
    )
    .toBe(1);
}

/** What rollups and the events not yet in them say, and what the events say. */
async function both(explored: Explored, top: number): Promise<[string[], string[]]> {
  const [rollups, events] = [api.app.get(ExploreRollupsRepository), api.app.get(ExploreUsageRepository)];
  return api.app.get(Database).tenant(tenant.environment_id, async () => {
    expect(await rollups.answers(tenant.environment_id, explored)).toBe(true);
    const isAsked = ({ is_group: isGroup }: ExploredRow) => explored.group_by !== undefined || !isGroup;
    return [
      lines((await rollups.values(tenant.environment_id, explored, top)).filter(isAsked)),
      lines((await events.values(tenant.environment_id, explored, top)).filter(isAsked)),
    ];
  });
}
function lines(rows: ExploredRow[]): string[] {
  return rows
    .filter(({ events }) => events > 0)
    .map(({ bucket, is_group, place, group, value, events }) =>
      JSON.stringify([bucket, is_group, place, group, Number(value), events]),
    )
    .toSorted();
}
const whole = (meter: Explored['meter'], more: Partial<Explored> = {}): Explored => ({
  meter,
  from: new Date(now - 40 * 24 * hour),
  to: new Date(now + hour),
  interval: 'day',
  timezone: 'UTC',
  ...more,
});

describe('usage that is rolled up', () => {
  it('is what the events add up to, whatever came when, however it is asked for', async () => {
    const customers = ['ann', 'ben', 'cem', 'dot'];
    const tracked = fc.record({
      customer: fc.constantFrom(...customers),
      value: fc.integer({ min: 1, max: 500 }).map((cents) => cents / 100),
      // Also late, and on the edges of hours and days.
      minutes: fc.oneof(fc.integer({ min: 0, max: 34 * 24 * 60 }), fc.constantFrom(20, 80, 740, 1_460)),
      model: fc.option(fc.constantFrom('a', 'b', 'c', ''), { nil: undefined }),
    });
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('track' as const),
        events: fc.array(tracked, { minLength: 1, maxLength: 8 }),
      }),
      fc.record({
        kind: fc.constant('correct' as const),
        customer: fc.constantFrom(...customers),
        event: fc.nat(),
      }),
      fc.record({ kind: fc.constant('roll up' as const) }),
    );
    const asked = fc.record({
      interval: fc.constantFrom('hour' as const, 'day' as const, 'month' as const),
      timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kolkata', 'Asia/Kathmandu', 'America/St_Johns'),
      from: fc.integer({ min: 0, max: 40 * 24 * 60 }),
      minutes: fc.integer({ min: 1, max: 40 * 24 * 60 }),
      group_by: fc.constantFrom(undefined, 'customer', 'model'),
      of: fc.option(fc.constantFrom(...customers), { nil: undefined }),
      top: fc.integer({ min: 1, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('sum', 'count', 'max', 'latest'),
        fc.array(step, { minLength: 2, maxLength: 8 }),
        fc.array(asked, { minLength: 4, maxLength: 4 }),
        async (aggregation, steps, queries) => {
          const meter = await newMeter(aggregation);
          const key = await keyOf(meter);
          // Everybody is there.
          const stored = await track(...customers.map((customer) => event(key, customer, now - 3 * hour, 5)));
          for (const one of steps) {
            if (one.kind === 'track') {
              stored.push(
                ...(await track(
                  ...one.events.map(({ customer, value, minutes, model }) =>
                    event(key, customer, now - minutes * 60_000, value, model === undefined ? {} : { model }),
                  ),
                )),
              );
            } else if (one.kind === 'roll up') {
              await rollUp();
            } else if (aggregation === 'max' || aggregation === 'latest') {
              const [taken] = stored.splice(one.event % stored.length, 1);
              if (taken !== undefined) await takeBack(taken);
            } else {
              await tenant.asServer('POST', 'usage/corrections', {
                idempotency_key: randomUUID(),
                customer: one.customer,
                meter: key,
                value: -1,
                reason: 'Reported twice.',
                occurred_at: new Date(now - 3 * hour).toISOString(),
              });
            }
          }
          for (const { from, minutes, of, top, ...query } of queries) {
            const found = of === undefined ? undefined : await tenant.asServer('GET', `customers/${of}`);
            const begins = now - from * 60_000;
            const [rolled, added] = await both(
              {
                ...query,
                meter,
                from: new Date(begins),
                to: new Date(begins + minutes * 60_000),
                group_by: of !== undefined && query.group_by === 'model' ? 'customer' : query.group_by,
                customer_id: found?.body['id'],
              },
              top,
            );
            expect(rolled).toEqual(added);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('misses nothing of a transaction that began before and ends after another', async () => {
    const meter = await newMeter('sum');
    const key = await keyOf(meter);
    await track(event(key, 'slow', now - 2 * hour, 1));
    const slow = await api.database.owner.connect();
    await slow.query('begin');
    await slow.query(
      `insert into usage_events (environment_id, id, idempotency_key, customer_id, meter_id, value, occurred_at,
         received_at, period_start)
       select environment_id, 'evt_slow', 'slow', customer_id, meter_id, 10, occurred_at, received_at, period_start
       from usage_events where meter_id = $1`,
      [meter.id],
    );

    await track(event(key, 'slow', now - 2 * hour, 100));
    await rollUp();
    const before = await both(whole(meter), 5);
    await slow.query('commit');
    slow.release();
    const after = await both(whole(meter), 5);
    await rollUp();

    expect(before[0]).toEqual(before[1]);
    expect(before[0].at(-1)).toContain('null,null,101,2]');
    expect(after[0]).toEqual(after[1]);
    expect(after[0].at(-1)).toContain('null,null,111,3]');
    expect(await both(whole(meter), 5)).toEqual(after);
  });

  it.each(['count', 'max', 'latest'])(
    'reads no event twice, and of whole days only what is new, wherever they begin: %s',
    async (aggregation) => {
      const meter = await newMeter(aggregation);
      const key = await keyOf(meter);
      // Just after midnight in Kathmandu.
      await track(event(key, 'eli', Date.parse('2026-11-18T18:20:00Z'), 1));
      await rollUpAll();
      await api.database.owner.query('update usage_rollups set value = 7 where meter_id = $1', [meter.id]);

      const inUtc = await tenant.asServer('GET', `usage/explore?meter=${key}`);
      const inKathmandu = await tenant.asServer('GET', `usage/explore?meter=${key}&timezone=Asia/Kathmandu`);

      expect(inUtc.body['value']).toBe(7);
      expect(inKathmandu.body['over_time']).toEqual([{ start: '2026-11-18T18:15:00.000Z', value: 7 }]);
    },
  );

  it('says the highest of what is left at once when an event is taken back', async () => {
    const meter = await newMeter('max');
    const key = await keyOf(meter);
    const [, highest = ''] = await track(
      event(key, 'fay', now - 30 * hour, 3),
      event(key, 'fay', now - 30 * hour, 8),
      event(key, 'gil', now - 31 * hour, 5),
    );
    await rollUpAll();
    const value = async () => (await tenant.asServer('GET', `usage/explore?meter=${key}`)).body['value'];
    expect(await value()).toBe(8);

    await takeBack(highest);

    expect(await value()).toBe(5);
    await rollUpAll();
    expect(await value()).toBe(5);
    const { rows } = await api.database.owner.query(
      `select "group", value::int, events::int from usage_rollups
       where meter_id = $1 and unit = 'day' and grouped_by = '' order by 1`,
      [meter.id],
    );
    expect(rows).toEqual([{ group: '', value: 5, events: 2 }]);
  });

  it('is broken down by a property only from when it was listed, until it is made anew', async () => {
    const meter = await newMeter('sum', []);
    const key = await keyOf(meter);
    await track(event(key, 'flo', now - 5 * hour, 3, { model: 'a' }));
    await rollUp();
    await tenant.asServer('PATCH', `meters/${meter.id}`, { group_by: ['model'] });
    await track(event(key, 'flo', now - 5 * hour, 4, { model: 'b' }));
    await rollUp();

    const answers = (more: Partial<Explored>) =>
      api.app
        .get(Database)
        .tenant(tenant.environment_id, () =>
          api.app.get(ExploreRollupsRepository).answers(tenant.environment_id, whole(meter, more)),
        );
    expect(await answers({ group_by: 'model' })).toBe(false);
    expect(await answers({ group_by: 'model', from: new Date(now + 3 * hour) })).toBe(true);
    const explored = await tenant.asServer('GET', `usage/explore?meter=${key}&group_by=model`);
    expect(explored.body['groups']).toMatchObject([
      { group: 'b', value: 4 },
      { group: 'a', value: 3 },
    ]);

    execFileSync(process.execPath, ['src/rebuild-usage.ts', tenant.environment_id], {
      env: { ...process.env, DATABASE_URL: api.database.apiUrl },
    });
    const [rolled, added] = await both(whole(meter, { group_by: 'model' }), 5);
    expect(rolled).toEqual(added);
  });

  it('gives up a property of too many values, which is then read from the events', async () => {
    const meter = await newMeter('sum', ['request']);
    const key = await keyOf(meter);
    await track(...['a', 'b', 'c', 'd'].map((request) => event(key, 'gus', now - hour, 1, { request })));
    await rollUpAll(3);
    await sql`select app.purge_usage_rollups(${new Date(0)}, ${new Date(now + hour)}, 1000)`.execute(
      api.app.get(Database).functions,
    );

    const { rows } = await api.database.owner.query(
      'select distinct grouped_by from usage_rollups where meter_id = $1 order by 1',
      [meter.id],
    );
    expect(rows).toEqual([{ grouped_by: '' }, { grouped_by: 'customer' }]);
    const { body } = await tenant.asServer('GET', `usage/explore?meter=${key}&group_by=request&top=2`);
    expect(body).toMatchObject({ value: 4, groups: [{ group: 'a' }, { group: 'b' }], other: { value: 2 } });
  });

  it('is added up again after the database was copied to where transactions count anew', async () => {
    const meter = await newMeter('sum');
    await track(event(await keyOf(meter), 'hua', now - 4 * hour, 6));
    await rollUp();
    await api.database.owner.query('update usage_rollup_state set rolled_until = rolled_until + 1000000000');
    await api.database.owner.query('update usage_events set recorded_in = recorded_in + 900000000');
    await track(event(await keyOf(meter), 'hua', now - 4 * hour, 2));

    await expect(rollUp()).rejects.toThrow('rebuild:usage');
    execFileSync(process.execPath, ['src/rebuild-usage.ts', tenant.environment_id], {
      env: { ...process.env, DATABASE_URL: api.database.apiUrl },
    });
    await track(event(await keyOf(meter), 'hua', now - 4 * hour, 1));
    await rollUp();

    const [rolled, added] = await both(whole(meter), 5);
    expect(rolled).toEqual(added);
    expect(rolled.at(-1)).toContain('null,null,9,3]');
  });
});
