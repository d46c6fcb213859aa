import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RejectedEvents } from '../../src/modules/usage/rejected-events.ts';
import { startApi, type Json, type Tenant, type TestApi } from '../fixtures/api.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  tenant = await api.newTenant();
  await tenant.asServer('POST', 'meters', { key: 'tokens', name: 'Tokens', aggregation: 'sum' });
  await tenant.asServer('POST', 'meters', { key: 'requests', name: 'Requests', aggregation: 'count' });
});
afterEach(() => api.setTime(new Date()));
afterAll(() => api.close());

const now = new Date();
const monthBegan = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
const lastMonth = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));
const atItsEnd = new Date(monthBegan.getTime() - 1).toISOString();

const track = (customer: string, more: Json = {}) =>
  tenant.asServer('POST', 'usage/track', {
    idempotency_key: randomUUID(),
    customer,
    meter: 'tokens',
    value: 1,
    ...more,
  });
const correct = (customer: string, value: number, more: Json = {}) =>
  tenant.asServer('POST', 'usage/corrections', {
    idempotency_key: randomUUID(),
    customer,
    meter: 'tokens',
    value,
    reason: 'Reported twice.',
    ...more,
  });
const usageOf = async (customer: string): Promise<Json[]> =>
  (await tenant.asServer('GET', `usage?customer=${customer}`)).body['data'];
const events = async (status: string): Promise<Json[]> =>
  (await tenant.asServer('GET', `usage/events?status=${status}&limit=100`)).body['data'];

// INV-7
describe('an event of a period that has ended', () => {
  it('counts in it for an hour, and then in the one that is open, and says so', async () => {
    api.setTime(new Date(monthBegan.getTime() + 59 * minute));
    expect((await track('late', { value: 3, occurred_at: atItsEnd })).body['late']).toBe(false);
    api.setTime(new Date(monthBegan.getTime() + 60 * minute));
    expect((await track('late', { value: 5, occurred_at: atItsEnd })).body).toMatchObject({
      status: 'accepted',
      late: true,
    });
    api.setTime(new Date());
    expect(await usageOf('late')).toMatchObject([
      { value: 5, period_start: monthBegan.toISOString() },
      { value: 3, period_start: lastMonth.toISOString() },
    ]);
    expect(await events('late')).toMatchObject([
      { status: 'late', value: 5, occurred_at: atItsEnd, period_start: monthBegan.toISOString() },
    ]);
  });

  it('has its last millisecond, and not the first of the next, whoever is ahead with it', async () => {
    api.setTime(new Date(monthBegan.getTime() - minute));
    await track('punctual', { value: 3, occurred_at: atItsEnd });
    await track('punctual', { value: 5, occurred_at: monthBegan.toISOString() });
    api.setTime(new Date(monthBegan.getTime() + minute));
    await track('punctual', { value: 7, occurred_at: monthBegan.toISOString() });
    api.setTime(new Date());
    expect(await usageOf('punctual')).toMatchObject([
      { value: 12, period_start: monthBegan.toISOString() },
      { value: 3, period_start: lastMonth.toISOString() },
    ]);
  });

  it('counts for as long as the environment says', async () => {
    await api.database.owner.query('update environments set usage_grace_minutes = 120 where id = $1', [
      tenant.environment_id,
    ]);
    api.setTime(new Date(monthBegan.getTime() + 119 * minute));
    expect((await track('patient', { occurred_at: atItsEnd })).body['late']).toBe(false);
    api.setTime(new Date(monthBegan.getTime() + 120 * minute));
    expect((await track('patient', { occurred_at: atItsEnd })).body['late']).toBe(true);
    await api.database.owner.query('update environments set usage_grace_minutes = 60');
  });
});

// INV-6
describe('a correction', () => {
  it('is signed, has a reason, changes the total once, and is listed', async () => {
    await track('corrected', { value: 10 });
    const key = randomUUID();
    const first = await correct('corrected', -4, { idempotency_key: key });
    expect(first.body).toMatchObject({ status: 'accepted', id: expect.stringMatching(/^evt_/) });
    const repeated = await correct('corrected', -4, { idempotency_key: key });
    expect(repeated.body).toMatchObject({ status: 'duplicate', id: first.body['id'] });
    expect((await correct('corrected', -3, { idempotency_key: key })).status).toBe(409);
    await correct('corrected', 0.5);
    expect(await usageOf('corrected')).toMatchObject([{ value: 6.5, event_count: 3 }]);
    expect((await events('corrected')).map(({ value, reason }) => [value, reason])).toEqual([
      [0.5, 'Reported twice.'],
      [-4, 'Reported twice.'],
    ]);
    const audit = await tenant.asOwner('GET', 'audit-log?limit=100');
    expect(audit.body['data'].filter((entry: Json) => entry['action'] === 'usage.corrected')).toHaveLength(2);
  });

  it('of a meter that counts takes off as many as it says', async () => {
    for (let i = 0; i < 3; i++) {
      await track('counted', { meter: 'requests', value: 7 });
    }
    await correct('counted', -2, { meter: 'requests' });
    expect(await usageOf('counted')).toMatchObject([{ value: 1 }]);
  });

  it('never takes off more than there is, and is refused without a reason or a value', async () => {
    await track('poor', { value: 2 });
    const key = randomUUID();
    expect((await correct('poor', -2.5, { idempotency_key: key })).body['error'].code).toBe(
      'usage_below_zero',
    );
    expect((await correct('poor', -2, { idempotency_key: key })).body['status']).toBe('accepted');
    expect((await correct('poor', 0)).status).toBe(422);
    expect((await correct('poor', 1, { reason: ' ' })).status).toBe(422);
    expect((await correct('never-seen', 1)).body['error'].code).toBe('customer_id_unknown');
    expect((await correct('poor', 1, { meter: 'typo' })).body['error'].code).toBe('meter_unknown');
  });
});

describe('an event that did not count', () => {
  it('is listed with its reason, single or in a batch, and to nobody else', async () => {
    const key = randomUUID();
    await track('debugged', { idempotency_key: key });
    await track('debugged', { idempotency_key: key, value: 2 });
    await track('debugged', { meter: 'typo' });
    await track('debugged', { occurred_at: new Date(Date.now() - 36 * day).toISOString() });
    await tenant.asServer('POST', 'usage/track', {
      events: [{ idempotency_key: 'bad', customer: 'debugged', meter: 'tokens', value: -1 }, 'not an event'],
    });
    await api.app.get(RejectedEvents).flush();

    const mine = await events('rejected');
    expect(mine.map(({ code }) => code).toSorted()).toEqual([
      'event_time_out_of_range',
      'idempotency_conflict',
      'invalid_request',
      'invalid_request',
      'meter_unknown',
    ]);
    expect(mine.find(({ code }) => code === 'meter_unknown')).toMatchObject({
      status: 'rejected',
      customer: 'debugged',
      meter: 'typo',
      value: 1,
      reason: expect.stringContaining('There is no meter typo'),
    });
    const other = await api.newTenant();
    expect((await other.asServer('GET', 'usage/events?status=rejected')).body['data']).toEqual([]);
  });
});

describe('a request with one event that is refused before it is looked at', () => {
  const rejected = async (api: TestApi, tenant: Tenant): Promise<Json[]> => {
    await api.app.get(RejectedEvents).flush();
    return (await tenant.asServer('GET', 'usage/events?status=rejected')).body['data'];
  };

  it('can be found by its key when the body is wrong, and not when it has none', async () => {
    const sender = await api.newTenant();
    const event = { idempotency_key: 'wrong', customer: 'user_1', meter: 'tokens' };
    expect((await sender.asServer('POST', 'usage/track', { ...event, value: -1 })).status).toBe(422);
    expect((await sender.asServer('POST', 'usage/track', { customer: 'user_1' })).status).toBe(422);

    expect(await rejected(api, sender)).toMatchObject([
      { idempotency_key: 'wrong', customer: 'user_1', meter: 'tokens', value: -1, code: 'invalid_request' },
    ]);
  });

  it('can be found by its key when there were too many', async () => {
    const sender = await api.newTenant();
    const narrow = await api.another({ RATE_LIMIT_PER_KEY: '1' });
    const send = (key: string) =>
      narrow.send(
        'POST',
        'usage/track',
        { idempotency_key: key, customer: 'user_1', meter: 'tokens', value: 1 },
        { authorization: `Bearer ${sender.secretKey}` },
      );
    await send('first');
    expect((await send('second')).status).toBe(429);

    expect(await rejected(narrow, sender)).toMatchObject([
      { idempotency_key: 'second', code: 'too_many_requests' },
      { idempotency_key: 'first', code: 'meter_unknown' },
    ]);
    await narrow.close();
  });
});

describe('the grace period', () => {
  it('is an hour, until the merchant sets another', async () => {
    const merchant = await api.newTenant();
    expect((await merchant.asOwner('GET', 'usage-settings')).body).toMatchObject({ grace_minutes: 60 });
    expect(await merchant.asOwner('PATCH', 'usage-settings', { grace_minutes: 10_081 })).toMatchObject({
      status: 422,
    });
    expect((await merchant.asOwner('PATCH', 'usage-settings', { grace_minutes: 90 })).body).toEqual({
      grace_minutes: 90,
      creates_customers: true,
    });
    await merchant.asServer('POST', 'meters', { key: 'pages', name: 'Pages', aggregation: 'sum' });

    api.setTime(new Date(monthBegan.getTime() + 89 * minute));
    const event = { customer: 'user_1', meter: 'pages', value: 1, occurred_at: atItsEnd };
    const inside = await merchant.asServer('POST', 'usage/track', { ...event, idempotency_key: 'inside' });
    api.setTime(new Date(monthBegan.getTime() + 90 * minute));
    const after = await merchant.asServer('POST', 'usage/track', { ...event, idempotency_key: 'after' });
    expect([inside.body['late'], after.body['late']]).toEqual([false, true]);
  });
});

// INV-2
describe('the totals', () => {
  it('are made what the events add up to by pnpm rebuild:usage', async () => {
    await track('rebuilt', { value: 4 });
    await correct('rebuilt', -1);
    await track('rebuilt', { meter: 'requests', value: 9 });
    await track('lost', { value: 2 });
    await track('kept', { value: 8 });
    const { owner } = api.database;
    const broken = `(select id from customers where external_id in ('rebuilt', 'lost'))`;
    await owner.query(
      `update usage_records set value = 1000, event_count = 1 where customer_id in ${broken}`,
    );
    await owner.query(
      `delete from usage_records where customer_id = (select id from customers where external_id = 'lost')`,
    );

    const rebuild = (): string =>
      execFileSync(process.execPath, ['src/rebuild-usage.ts'], {
        env: { ...process.env, DATABASE_URL: api.database.apiUrl },
        encoding: 'utf8',
      });
    const said = rebuild().trim().split('\n');
    expect(said.map((line) => line.slice(line.lastIndexOf(': ') + 2)).toSorted()).toEqual([
      '1000 -> 1',
      '1000 -> 3',
      'null -> 2',
    ]);
    expect(rebuild()).toBe('');
    expect((await usageOf('rebuilt')).map(({ value }) => value).toSorted()).toEqual([1, 3]);
    expect(await usageOf('lost')).toMatchObject([{ value: 2, event_count: 1 }]);
    expect(await usageOf('kept')).toMatchObject([{ value: 8 }]);
  });
});

// INV-1
describe('the events of a month', () => {
  it('are dropped when it is old and its totals are frozen, which are rebuilt no more', async () => {
    const { owner } = api.database;
    const months = async () =>
      (
        await owner.query<{ name: string }>(
          `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
           where i.inhparent = 'usage_events'::regclass order by 1`,
        )
      ).rows.map(({ name }) => name);
    await owner.query(`select app.ensure_usage_partitions('2024-03-15')`);
    await owner.query(
      `insert into usage_records (environment_id, customer_id, meter_id, period_start, period_end, value, event_count, updated_at)
       select c.environment_id, c.id, m.id, p.start, p.start + p.length, 5, 1, now()
       from customers c, meters m,
         (values ('2024-02-01T00:00:00Z'::timestamptz, interval '1 month'), ('2024-03-01T00:00:00Z', interval '5 years')) p (start, length)
       where c.external_id = 'kept' and m.key = 'tokens'`,
    );
    await owner.query(
      `insert into usage_events (environment_id, id, idempotency_key, customer_id, meter_id, value, occurred_at, received_at, period_start)
       select environment_id, 'evt_' || period_start, 'old', customer_id, meter_id, 5, period_start, now(), period_start
       from usage_records where period_start < '2025-01-01'`,
    );
    const before = await months();
    const { rows } = await owner.query<{ name: string }>(
      `select app.drop_old_usage('2025-06-01', '2025-06-01', now()) as name`,
    );
    // March 2024 belongs to a period that has not ended, and what comes after it waits for it.
    expect(rows.map(({ name }) => name)).toEqual(['usage_events_2024_01', 'usage_events_2024_02']);
    expect(await months()).toEqual(before.slice(2));
    const frozen = await owner.query<{ frozen: boolean; value: string }>(
      `select frozen_at is not null as frozen, value from usage_records where period_start < '2025-01-01' order by period_start`,
    );
    expect(frozen.rows.map((row) => [row.frozen, Number(row.value)])).toEqual([
      [true, 5],
      [false, 5],
    ]);
    const rebuilt = await owner.query(`select * from app.rebuild_usage($1, now())`, [tenant.environment_id]);
    expect(rebuilt.rows).toEqual([]);
  });
});

describe('an event that somebody looks for', () => {
  it('is found by customer, meter and time, whatever became of it', async () => {
    const [early, late] = [2, 1].map((hours) => new Date(Date.now() - hours * 60 * minute).toISOString());
    await track('sought', { value: 1, occurred_at: early });
    await track('sought', { value: 2, occurred_at: late });
    await track('sought', { value: 3, meter: 'requests' });
    await track('sought', { value: 4, meter: 'typo' });
    await track('somebody', { value: 5 });
    const values = async (query: string) =>
      (await tenant.asServer('GET', `usage/events?${query}`)).body['data'].map((one: Json) => one['value']);

    expect(await values('customer=sought')).toEqual([3, 2, 1]);
    expect(
      (await tenant.asServer('GET', 'usage/events?customer=sought')).body['data'].map(
        ({ customer }: Json) => customer,
      ),
    ).toEqual(['sought', 'sought', 'sought']);
    expect(await values('customer=sought&meter=tokens')).toEqual([2, 1]);
    expect(await values(`customer=sought&from=${early}&to=${late}`)).toEqual([1]);
    await api.app.get(RejectedEvents).flush();
    expect(await values('status=rejected&customer=sought')).toEqual([4]);
    expect(await values('status=rejected&customer=sought&meter=tokens')).toEqual([]);
    const refusal = await tenant.asServer('GET', `usage/events?from=${early}`);
    expect(refusal.body['error']).toMatchObject({ code: 'invalid_request', param: 'customer' });
    expect((await tenant.asServer('GET', 'usage/events?customer=nobody')).status).toBe(404);
  });
});
