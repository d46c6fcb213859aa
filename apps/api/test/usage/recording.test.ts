import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RejectedEvents } from '../../src/modules/usage/rejected-events.ts';
import { Database } from '../../src/platform/database/database.ts';
import { startApi, type Json, type Tenant, type TestApi } from '../fixtures/api.ts';
import { grant } from '../fixtures/grants.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  tenant = await api.newTenant();
  await tenant.asServer('POST', 'meters', { key: 'tokens', name: 'Tokens', aggregation: 'sum' });
  await tenant.asServer('POST', 'meters', { key: 'requests', name: 'Requests', aggregation: 'count' });
  await tenant.asServer('POST', 'features', {
    key: 'tokens',
    name: 'Tokens',
    type: 'metered',
    meter: 'tokens',
  });
});
afterAll(() => api.close());

let keys = 0;
const track = (customer: string, more: Json = {}) =>
  tenant.asServer('POST', 'usage/track', {
    idempotency_key: `recording-${++keys}`,
    customer,
    meter: 'tokens',
    value: 1,
    ...more,
  });

const usageOf = async (customer: string): Promise<Json[]> =>
  (await tenant.asServer('GET', `usage?customer=${customer}`)).body['data'];

/** What differs between the totals and the sums of the events they are made of. */
async function totalsThatDiffer(): Promise<Json[]> {
  const { rows } = await api.database.owner.query<Json>(`
    select * from (
      select e.environment_id, e.customer_id, e.meter_id, e.period_start,
             sum(case m.aggregation when 'count' then 1 else e.value end) as value, count(*) as events
      from usage_events e join meters m on m.environment_id = e.environment_id and m.id = e.meter_id
      group by 1, 2, 3, 4
    ) rebuilt
    full join usage_records r using (environment_id, customer_id, meter_id, period_start)
    where r.value is distinct from rebuilt.value or r.event_count is distinct from rebuilt.events`);
  return rows;
}

// INV-6
describe('a value', () => {
  it.each([0, 1, 0.1, 0.000000000001, 999_999_999_999_999, 1_234.5678, 123_456_789.012345])(
    'of %s is counted exactly',
    async (value) => {
      const customer = `exact-${value}`;
      expect((await track(customer, { value })).body).toMatchObject({ status: 'accepted' });
      const { rows } = await api.database.owner.query<{ same: boolean }>(
        `select e.value = $1::numeric as same from usage_events e
         join customers c on c.environment_id = e.environment_id and c.id = e.customer_id
         where c.external_id = $2`,
        [value.toLocaleString('en', { useGrouping: false, maximumFractionDigits: 12 }), customer],
      );
      expect(rows).toEqual([{ same: true }]);
    },
  );

  it.each([
    ['a text', '"1"'],
    ['negative', '-1'],
    ['barely negative', '-0.000001'],
    ['null', 'null'],
    ['infinite', '1e999'],
    ['1e308', '1e308'],
    ['of 16 digits', '1234567890123456'],
    ['of 16 digits with decimals', '123456789.0123456'],
    ['of 13 decimals', '0.1234567890123'],
    ['too small for 12 decimals', '1e-13'],
  ])('that is %s is refused, and nothing is written', async (_, value) => {
    const body = `{"idempotency_key":"bad-value","customer":"bad-value","meter":"tokens","value":${value}}`;
    const single = await tenant.asServer('POST', 'usage/track', body);
    expect(single.status).toBe(422);
    expect(single.body['error']).toMatchObject({ code: 'invalid_request', param: 'value' });

    const batch = await tenant.asServer('POST', 'usage/track', `{"events":[${body}]}`);
    expect(batch.body['results']).toMatchObject([{ status: 'rejected', error: { param: 'value' } }]);

    const { rows } = await api.database.owner.query(`select from usage_keys where key = 'bad-value'`);
    expect(rows).toEqual([]);
    expect((await tenant.asServer('GET', 'customers/bad-value')).status).toBe(404);
  });

  it('that is NaN is no JSON at all', async () => {
    const answer = await tenant.asServer('POST', 'usage/track', '{"value":NaN}');
    expect(answer.status).toBe(400);
  });

  it('adds up without the noise of binary fractions', async () => {
    for (let i = 0; i < 10; i++) {
      await track('fractions', { value: 0.1 });
    }
    expect(await usageOf('fractions')).toMatchObject([{ value: 1, event_count: 10 }]);
  });
});

describe('the time of an event', () => {
  it.each([
    ['5 minutes ahead', 5 * minute - 1_000, 200],
    ['more than 5 minutes ahead', 5 * minute + 10_000, 422],
    ['35 days ago', -35 * day + 10_000, 200],
    ['more than 35 days ago', -35 * day - 1_000, 422],
  ])('may be %s: %s ms, %s', async (_, offset, status) => {
    const occurredAt = new Date(Date.now() + offset).toISOString();
    const answer = await track(`window-${status}`, { occurred_at: occurredAt });
    expect(answer.status).toBe(status);
    if (status === 422) {
      expect(answer.body['error']).toMatchObject({ code: 'event_time_out_of_range', param: 'occurred_at' });
    }
  });

  it.each(['yesterday', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z', '2026-11-21T00:00:00'])(
    'is no %s',
    async (occurredAt) => {
      expect((await track('no-time', { occurred_at: occurredAt })).status).toBe(422);
    },
  );

  it('decides the calendar month of a customer without a subscription', async () => {
    const now = new Date();
    const monthBegan = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
    // The month before is open for another hour.
    api.setTime(new Date(monthBegan.getTime() + 30 * minute));
    await track('calendar', { occurred_at: monthBegan.toISOString(), value: 2 });
    await track('calendar', { occurred_at: new Date(monthBegan.getTime() - 1).toISOString(), value: 3 });

    api.setTime(new Date());
    const before = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));
    expect(await usageOf('calendar')).toMatchObject([
      { value: 2, period_start: monthBegan.toISOString() },
      { value: 3, period_start: before.toISOString(), period_end: monthBegan.toISOString() },
    ]);
  });

  it('decides the period of the subscription, also of one that began on a 31st', async () => {
    await tenant.asServer('POST', 'customers', { external_id: 'anchored' });
    const now = new Date();
    // The last 31st that is over a month ago, at an odd time of day.
    const anchor = new Date(Date.UTC(now.getUTCFullYear() - 1, 11, 31, 10, 30, 15));
    await grant(api, tenant, { customer: 'anchored', feature: 'tokens', limit: 100, anchor });
    const { rows } = await api.database.owner.query<{ period_start: Date; period_end: Date }>(
      `select * from app.period_at($1, 'month', 1, now())`,
      [anchor],
    );
    const { period_start: start, period_end: end } = rows[0] ?? { period_start: now, period_end: now };

    api.setTime(new Date(start.getTime() + 30 * minute));
    await track('anchored', { occurred_at: start.toISOString(), value: 2 });
    await track('anchored', { occurred_at: new Date(start.getTime() - 1).toISOString(), value: 3 });

    expect(await usageOf('anchored')).toMatchObject([
      { value: 2, period_start: start.toISOString(), period_end: end.toISOString() },
      { value: 3, period_end: start.toISOString() },
    ]);
    const check = await tenant.asServer('GET', 'entitlements/check?customer=anchored&feature=tokens');
    api.setTime(new Date());
    expect(check.body).toMatchObject({ used: 2, limit: 100, resets_at: end.toISOString() });
  });

  it('counts from zero in the first period of a subscription', async () => {
    await track('upgraded', { value: 7, occurred_at: new Date(Date.now() - 2_000).toISOString() });
    await grant(api, tenant, { customer: 'upgraded', feature: 'tokens', limit: 100 });
    await track('upgraded', { value: 5 });

    const check = await tenant.asServer('GET', 'entitlements/check?customer=upgraded&feature=tokens');
    expect(check.body).toMatchObject({ used: 5, remaining: 95 });
    expect((await usageOf('upgraded')).map((record) => record['value']).sort()).toEqual([5, 7]);
  });
});

describe('an event', () => {
  it('makes a customer that was never seen before', async () => {
    expect((await track('first-seen')).body).toMatchObject({ status: 'accepted' });
    const { body } = await tenant.asServer('GET', 'customers/first-seen');
    expect(body).toMatchObject({ external_id: 'first-seen' });
    expect(await usageOf('first-seen')).toMatchObject([{ customer: { id: body['id'] }, value: 1 }]);
  });

  it('makes one customer when sixteen arrive at once', async () => {
    await Promise.all(Array.from({ length: 16 }, () => track('rush')));
    const { body } = await tenant.asServer('GET', 'customers?search=rush');
    expect(body['data']).toHaveLength(1);
    expect(await usageOf('rush')).toMatchObject([{ value: 16, event_count: 16 }]);
  });

  it('makes none where the merchant does not want that: it is refused, each by itself, and can be found', async () => {
    const strict = await api.newTenant();
    await strict.asServer('POST', 'features', { key: 'tokens', name: 'Tokens', type: 'metered' });
    await strict.asServer('POST', 'plans', {
      key: 'free',
      name: 'Free',
      features: [{ feature: 'tokens', limit: 5 }],
    });
    await strict.asServer('PATCH', 'default-plan', { plan: 'free' });
    await strict.asServer('POST', 'customers', { external_id: 'known' });
    const saved = await strict.asOwner('PATCH', 'usage-settings', { creates_customers: false });
    expect(saved.body).toEqual({ grace_minutes: 60, creates_customers: false });

    const event = { meter: 'tokens', value: 1 };
    const batch = await strict.asServer('POST', 'usage/track', {
      events: [
        { ...event, idempotency_key: 'one', customer: 'known' },
        { ...event, idempotency_key: 'two', customer: 'stranger' },
      ],
    });
    expect(batch.body['results']).toMatchObject([
      { status: 'accepted' },
      { status: 'rejected', error: { code: 'customer_id_unknown', param: 'customer' } },
    ]);
    const asked = { customer: 'stranger', feature: 'tokens', quantity: 1 };
    const consumed = await strict.asServer('POST', 'entitlements/consume', {
      ...asked,
      idempotency_key: 'three',
    });
    expect(consumed.body).toMatchObject({ allowed: false, reason: 'customer_not_found' });
    const held = await strict.asServer('POST', 'entitlements/reservations', asked);
    expect(held.body).toMatchObject({ allowed: false, reason: 'customer_not_found', reservation_id: null });
    expect((await strict.asServer('GET', 'customers')).body['data']).toMatchObject([
      { external_id: 'known' },
    ]);
    await api.app.get(RejectedEvents).flush();
    const rejected = await strict.asOwner('GET', 'usage/events?status=rejected&customer=stranger');
    expect(rejected.body['data']).toMatchObject([{ idempotency_key: 'two' }]);

    await strict.asOwner('PATCH', 'usage-settings', { creates_customers: true });
    const again = await strict.asServer('POST', 'usage/track', {
      ...event,
      idempotency_key: 'two',
      customer: 'stranger',
    });
    expect(again.body).toMatchObject({ status: 'accepted' });
  });

  it('is refused for an unknown meter, and makes no customer', async () => {
    const answer = await track('no-meter', { meter: 'nothing' });
    expect(answer.status).toBe(422);
    expect(answer.body['error']).toMatchObject({ code: 'meter_unknown', param: 'meter' });
    expect((await tenant.asServer('GET', 'customers/no-meter')).status).toBe(404);
  });

  it('is refused for one of our customer ids that does not exist', async () => {
    const answer = await track(`cus_${'0'.repeat(32)}`);
    expect(answer.status).toBe(422);
    expect(answer.body['error']).toMatchObject({ code: 'customer_id_unknown', param: 'customer' });
  });

  it('is one more for a count meter, and its value for a sum meter', async () => {
    await track('both', { meter: 'requests', value: 40 });
    await track('both', { meter: 'requests', value: 2 });
    await track('both', { meter: 'tokens', value: 40 });
    await track('both', { meter: 'tokens', value: 2 });
    const usage = await usageOf('both');
    expect(usage.map((record) => [record['meter'], record['value']]).sort()).toEqual([
      ['requests', 2],
      ['tokens', 42],
    ]);
  });

  it('is counted beyond a limit, never dropped', async () => {
    await tenant.asServer('POST', 'customers', { external_id: 'beyond' });
    await grant(api, tenant, { customer: 'beyond', feature: 'tokens', limit: 10, overage: 'block' });
    expect((await track('beyond', { value: 25 })).body).toMatchObject({ status: 'accepted' });
    const check = await tenant.asServer('GET', 'entitlements/check?customer=beyond&feature=tokens');
    expect(check.body).toMatchObject({ allowed: false, reason: 'limit_reached', used: 25, remaining: 0 });
  });
});

describe('a batch', () => {
  it('keeps every name as it was sent, whatever characters it is made of', async () => {
    await tenant.asServer('POST', 'meters', { key: 'null', name: 'Null', aggregation: 'sum' });
    const names = ['null', 'NULL', 'a,b', '{a}', '"', '\\', '\\"', 'a\nb', 'ü 🙂', "'", '\\x00', '{}'];
    const events = names.map((name, index) => ({
      idempotency_key: `named ${name}`,
      customer: name,
      meter: 'null',
      value: index + 0.5,
      ...(index % 2 === 0 ? { properties: { [name]: name } } : {}),
    }));

    // The first time as strangers, the second as customers that are known.
    for (const round of ['first', 'second']) {
      const sent = events.map((event) => ({
        ...event,
        idempotency_key: `${event.idempotency_key} ${round}`,
      }));
      const { body } = await tenant.asServer('POST', 'usage/track', { events: sent });
      expect(body['results']).toEqual(
        sent.map((event) =>
          expect.objectContaining({ idempotency_key: event.idempotency_key, status: 'accepted' }),
        ),
      );
      const { rows } = await api.database.owner.query(
        `select e.idempotency_key, c.external_id as customer, e.value::float8, e.properties from usage_events e
         join customers c on c.environment_id = e.environment_id and c.id = e.customer_id
         where e.environment_id = $1 and e.idempotency_key like 'named % ' || $2 order by e.id`,
        [tenant.environment_id, round],
      );
      expect(rows).toEqual(
        sent.map(({ idempotency_key: key, customer, value, properties }) => ({
          idempotency_key: key,
          customer,
          value,
          properties: properties ?? null,
        })),
      );
    }
  });

  it('answers each event in its place, when late, repeated, unknown and usual ones are mixed', async () => {
    const now = Date.now();
    await tenant.asServer('POST', 'customers', { external_id: 'mixed-1' });
    const anchor = new Date(now - 10 * day);
    await grant(api, tenant, { customer: 'mixed-1', feature: 'tokens', limit: 100, anchor });
    const event = (name: string, customer: string, more: Json = {}) => ({
      idempotency_key: `mixed-${name}`,
      customer,
      meter: 'tokens',
      value: 1,
      ...more,
    });
    const late = { occurred_at: new Date(now - 20 * day).toISOString() };
    await tenant.asServer('POST', 'usage/track', event('before', 'mixed-1'));

    const { body } = await tenant.asServer('POST', 'usage/track', {
      events: [
        event('usual', 'mixed-1'),
        event('late', 'mixed-1', late),
        event('before', 'mixed-1'),
        event('stranger', 'mixed-2'),
        event('meterless', 'mixed-1', { meter: 'no-such-meter' }),
        event('usual', 'mixed-1'),
        event('before', 'mixed-1', { value: 2 }),
        event('last', 'mixed-1'),
      ],
    });

    expect(
      body['results'].map(({ status, late: isLate, error }: Json) => [status, isLate, error?.code ?? null]),
    ).toEqual([
      ['accepted', false, null],
      ['accepted', true, null],
      ['duplicate', false, null],
      ['accepted', false, null],
      ['rejected', false, 'meter_unknown'],
      ['duplicate', false, null],
      ['rejected', false, 'idempotency_conflict'],
      ['accepted', false, null],
    ]);
    expect((await usageOf('mixed-1')).map(({ value, event_count: count }) => [value, count])).toEqual([
      [4, 4],
    ]);
    expect(await totalsThatDiffer()).toEqual([]);
  });
});

// INV-2
describe('totals', () => {
  it('are the sums of their events, after concurrent events of several customers, meters and periods', async () => {
    const customers = ['sum-1', 'sum-2', 'sum-3', 'anchored'];
    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        track(customers[index % customers.length] ?? '', {
          meter: index % 3 === 0 ? 'requests' : 'tokens',
          value: (index % 7) / 4,
          occurred_at: new Date(Date.now() - (index % 30) * day).toISOString(),
        }),
      ),
    );
    expect(await totalsThatDiffer()).toEqual([]);
    const { rows } = await api.database.owner.query('select count(*)::int as count from usage_records');
    expect(rows[0]).not.toEqual({ count: 0 });
  });
});

describe('the connections of the API', () => {
  it('compile no statement: a Postgres before 18 would take half a second for each commit of events', async () => {
    const { rows } = await sql<{ jit: string }>`show jit`.execute(api.app.get(Database).functions);
    expect(rows).toEqual([{ jit: 'off' }]);
  });
});
