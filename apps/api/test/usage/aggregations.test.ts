import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type Json, type Tenant, type TestApi } from '../fixtures/api.ts';
import { grant } from '../fixtures/grants.ts';

const minute = 60_000;
const hour = 60 * minute;

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  tenant = await api.newTenant();
  for (const meter of [
    { key: 'tokens', aggregation: 'sum' },
    { key: 'seats', aggregation: 'max' },
    { key: 'users', aggregation: 'unique', property: 'user' },
    { key: 'storage', aggregation: 'latest' },
    {
      key: 'traffic',
      aggregation: 'sum',
      property: 'bytes',
      filters: [{ property: 'region', operator: 'in', values: ['eu', 'us'] }],
    },
    {
      key: 'errors',
      aggregation: 'count',
      filters: [{ property: 'region', operator: 'not_in', values: ['eu'] }],
    },
  ]) {
    await tenant.asServer('POST', 'meters', { name: meter.key, ...meter });
  }
  await tenant.asServer('POST', 'features', { key: 'seats', name: 'Seats', type: 'metered' });
});
afterEach(() => api.setTime(new Date()));
afterAll(() => api.close());

const now = new Date();
const monthBegan = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);

const track = (customer: string, meter: string, value: number, more: Json = {}) =>
  tenant.asServer('POST', 'usage/track', {
    idempotency_key: randomUUID(),
    customer,
    meter,
    value,
    ...more,
  });
const retract = (event: string, more: Json = {}) =>
  tenant.asServer('POST', 'usage/corrections', {
    idempotency_key: randomUUID(),
    event,
    reason: 'Reported by a test.',
    ...more,
  });
async function used(customer: string, meter: string): Promise<number | undefined> {
  const { body } = await tenant.asServer('GET', `usage?customer=${customer}&meter=${meter}`);
  return body['data'][0]?.value;
}
const events = async (status: string): Promise<Json[]> =>
  (await tenant.asServer('GET', `usage/events?status=${status}&limit=100`)).body['data'];

describe('the highest value', () => {
  it('stays when lower ones come, and is the highest of the others once it is taken back', async () => {
    await track('max', 'seats', 4);
    const highest = await track('max', 'seats', 9.5);
    await track('max', 'seats', 2);
    expect(await used('max', 'seats')).toBe(9.5);
    const key = randomUUID();
    const first = await retract(highest.body['id'], { idempotency_key: key });
    expect(first.body).toMatchObject({ status: 'accepted', late: false });
    const repeated = await retract(highest.body['id'], { idempotency_key: key });
    expect(repeated.body).toMatchObject({ status: 'duplicate', id: first.body['id'] });
    expect(await used('max', 'seats')).toBe(4);
    expect((await retract(highest.body['id'])).body['error'].code).toBe('event_not_counted');
  });

  it('is what a check sees, and nothing can be consumed of it', async () => {
    await tenant.asServer('POST', 'customers', { external_id: 'checked' });
    await grant(api, tenant, { customer: 'checked', feature: 'seats', limit: 5 });
    await track('checked', 'seats', 3);
    const check = async () =>
      (await tenant.asServer('GET', 'entitlements/check?customer=checked&feature=seats')).body;
    expect(await check()).toMatchObject({ allowed: true, used: 3, remaining: 2 });
    await track('checked', 'seats', 5);
    await track('checked', 'seats', 1);
    expect(await check()).toMatchObject({ allowed: false, used: 5, remaining: 0, reason: 'limit_reached' });
    const consumed = await tenant.asServer('POST', 'entitlements/consume', {
      customer: 'checked',
      feature: 'seats',
      quantity: 1,
      idempotency_key: randomUUID(),
    });
    expect(consumed.body['error'].code).toBe('meter_not_summed');
  });
});

describe('distinct values', () => {
  it('count once each, the number 1 is not the text "1", and none is none', async () => {
    for (const user of ['ada', 'bob', 'ada', 1, '1', true]) {
      await track('unique', 'users', 7, { properties: { user } });
    }
    await track('unique', 'users', 7, { properties: { other: 'x' } });
    await track('unique', 'users', 7);
    expect(await used('unique', 'users')).toBe(5);
  });

  it('are gone when the last event that had them is taken back', async () => {
    const [first, second] = await Promise.all([
      track('unseen', 'users', 1, { properties: { user: 'ada' } }),
      track('unseen', 'users', 1, { properties: { user: 'ada' } }),
    ]);
    await retract(first.body['id']);
    expect(await used('unseen', 'users')).toBe(1);
    await retract(second.body['id']);
    expect(await used('unseen', 'users')).toBe(0);
  });

  it('of a thousand concurrent events count exactly', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, batch) =>
        tenant.asServer('POST', 'usage/track', {
          events: Array.from({ length: 50 }, (__, item) => ({
            idempotency_key: `concurrent-${batch}-${item}`,
            customer: 'concurrent',
            meter: 'users',
            value: 1,
            properties: { user: `user-${(batch * 7 + item) % 60}` },
          })),
        }),
      ),
    );
    expect(await used('concurrent', 'users')).toBe(60);
  });
});

describe('the latest value', () => {
  it('is that of the event that occurred last, of the same moment the one that arrived last', async () => {
    const ago = (minutes: number) => ({ occurred_at: new Date(Date.now() - minutes * minute).toISOString() });
    const at = { occurred_at: new Date(Date.now() - 3 * minute).toISOString() };
    await track('latest', 'storage', 10, ago(5));
    await track('latest', 'storage', 99, ago(9));
    expect(await used('latest', 'storage')).toBe(10);
    await track('latest', 'storage', 4, at);
    const last = await track('latest', 'storage', 3, at);
    expect(await used('latest', 'storage')).toBe(3);
    await retract(last.body['id']);
    expect(await used('latest', 'storage')).toBe(4);
  });
});

describe('an event that its meter does not count', () => {
  it('is stored, part of no total, and listed with the reason', async () => {
    const customer = 'filtered';
    await track(customer, 'traffic', 1, { properties: { region: 'eu', bytes: 512.5 } });
    await track(customer, 'traffic', 1, { properties: { region: 'us', bytes: 8 } });
    await track(customer, 'traffic', 1, { properties: { region: 'asia', bytes: 64 } });
    await track(customer, 'traffic', 1, { properties: { region: 'eu' } });
    await track(customer, 'traffic', 1, { properties: { region: 'eu', bytes: -3 } });
    await track(customer, 'traffic', 1, { properties: { region: 'eu', bytes: '64' } });
    for (const bytes of ['many', '', true]) {
      const answer = await track(customer, 'traffic', 1, { properties: { region: 'eu', bytes } });
      expect(answer.body).toMatchObject({ status: 'accepted' });
    }
    await track(customer, 'errors', 1, { properties: { region: 'eu' } });
    await track(customer, 'errors', 1, { properties: { region: 'us' } });
    await track(customer, 'errors', 1);
    expect(await used(customer, 'traffic')).toBe(520.5);
    expect(await used(customer, 'errors')).toBe(2);

    const uncounted = (await events('uncounted')).filter((event) => event['customer'] === customer);
    expect(uncounted.map(({ meter, code }) => [meter, code])).toEqual([
      ['errors', 'filtered'],
      ['traffic', 'property_not_a_quantity'],
      ['traffic', 'property_not_a_quantity'],
      ['traffic', 'property_not_a_quantity'],
      ['traffic', 'property_not_a_quantity'],
      ['traffic', 'property_not_a_quantity'],
      ['traffic', 'property_missing'],
      ['traffic', 'filtered'],
    ]);
    expect(uncounted[7]).toMatchObject({
      status: 'uncounted',
      properties: { region: 'asia', bytes: 64 },
      reason: 'It does not meet the filters of the meter.',
    });
  });

  // Lago #5916: overlapping filters counted an event twice, the negation of none excluded everything.
  it('is exactly what the opposite filter counts', async () => {
    const value = fc.oneof(fc.constantFrom('a', 'b', '1', ''), fc.constantFrom(0, 1, 1.5), fc.boolean());
    const { rows } = await api.database.owner.query<{ yes: boolean }>(
      `select app.meets_filters('[{"property":"p","operator":"not_in","values":[]}]', null)
         and not app.meets_filters('[{"property":"p","operator":"in","values":[]}]', null)
         and not app.meets_filters('[{"property":"p","operator":"like","value":"a"}]', '{"p":"a"}') as yes`,
    );
    expect(rows).toEqual([{ yes: true }]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { maxLength: 4 }),
        fc.option(fc.dictionary(fc.constantFrom('p', 'q'), value)),
        async (values, properties) => {
          const filter = (operator: string) => JSON.stringify([{ property: 'p', operator, values }]);
          const found = await api.database.owner.query<{ in: boolean; not_in: boolean }>(
            'select app.meets_filters($1, $3) as in, app.meets_filters($2, $3) as not_in',
            [filter('in'), filter('not_in'), properties === null ? null : JSON.stringify(properties)],
          );
          const isIn = values.some((one) => one === properties?.['p']);
          expect(found.rows).toEqual([{ in: isIn, not_in: !isIn }]);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a correction', () => {
  it('of a total that is no sum names an event, and of a sum a value', async () => {
    const sum = await track('corrected', 'tokens', 3);
    expect((await retract(sum.body['id'])).body['error'].code).toBe('correction_does_not_fit');
    const byValue = await tenant.asServer('POST', 'usage/corrections', {
      idempotency_key: randomUUID(),
      customer: 'corrected',
      meter: 'seats',
      value: -1,
      reason: 'Too high.',
    });
    expect(byValue.body['error'].code).toBe('correction_does_not_fit');
    expect((await retract('evt_unknown')).body['error'].code).toBe('event_not_found');
    const stranger = await api.newTenant();
    const seats = await track('corrected', 'seats', 3);
    const stolen = await stranger.asServer('POST', 'usage/corrections', {
      idempotency_key: randomUUID(),
      event: seats.body['id'],
      reason: 'Not mine.',
    });
    expect(stolen.body['error'].code).toBe('event_not_found');
  });

  it('of a count is a number of events, not a part of one', async () => {
    await track('counted', 'errors', 1, { properties: { region: 'us' } });
    const correct = (value: number) =>
      tenant.asServer('POST', 'usage/corrections', {
        idempotency_key: randomUUID(),
        customer: 'counted',
        meter: 'errors',
        value,
        reason: 'Reported by a test.',
      });

    expect((await correct(0.5)).body['error']).toMatchObject({
      code: 'correction_does_not_fit',
      param: 'value',
    });
    expect((await correct(2)).body).toMatchObject({ status: 'accepted' });
    expect(await used('counted', 'errors')).toBe(3);
  });

  it('takes nothing out of a period that is closed', async () => {
    api.setTime(new Date(monthBegan + 59 * minute));
    const atItsEnd = { occurred_at: new Date(monthBegan - 1).toISOString() };
    const event = await track('closed', 'seats', 3, atItsEnd);
    api.setTime(new Date(monthBegan + 60 * minute));
    expect((await retract(event.body['id'])).body['error'].code).toBe('usage_period_closed');
    expect(await used('closed', 'seats')).toBe(3);
  });
});

describe('a meter', () => {
  it('says what it needs', async () => {
    const create = async (meter: Json) =>
      (await tenant.asServer('POST', 'meters', { key: 'new', name: 'New', ...meter })).body['error']?.param;
    expect(await create({ aggregation: 'unique' })).toBe('property');
    expect(await create({ aggregation: 'count', property: 'p' })).toBe('property');
    expect(await create({ filters: [{ property: 'p', operator: 'in', values: [] }] })).toContain('filters');
    // The rollups by customer are told apart from those by a property by this name.
    expect(await create({ group_by: ['model', 'customer'] })).toBe('group_by');
    expect(await create({ filters: [{ property: 'p', operator: 'like', value: 'a%' }] })).toContain(
      'filters',
    );
  });

  it('counts what it counted once events came, whatever its name', async () => {
    const patch = (key: string, change: Json) => tenant.asServer('PATCH', `meters/${key}`, change);
    await tenant.asServer('POST', 'meters', { key: 'fresh', name: 'Fresh', aggregation: 'sum' });
    expect((await patch('fresh', { aggregation: 'unique' })).body['error'].code).toBe(
      'meter_property_misplaced',
    );
    const changed = await patch('fresh', { aggregation: 'unique', property: 'user' });
    expect(changed.body).toMatchObject({ aggregation: 'unique', property: 'user' });
    await track('immutable', 'fresh', 1);
    expect((await patch('fresh', { property: 'team' })).body['error'].code).toBe('meter_in_use');
    expect((await patch('fresh', { name: 'Renamed', group_by: ['region'] })).body).toMatchObject({
      name: 'Renamed',
      group_by: ['region'],
      property: 'user',
    });
  });
});

// INV-2, INV-7: random histories through the API against a plain model.
interface Step {
  customer: 'a' | 'b';
  meter: 'tokens' | 'seats' | 'users' | 'storage' | 'traffic' | 'errors';
  value: number;
  user: string | undefined;
  region: string | undefined;
  /** Relative to the beginning of the month. */
  occurred: number;
  /** Takes back an earlier event instead. */
  retracts: number | undefined;
}
interface Counted extends Step {
  id: string;
  period: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  customer: fc.constantFrom('a', 'b'),
  meter: fc.constantFrom('tokens', 'seats', 'users', 'storage', 'traffic', 'errors'),
  value: fc.integer({ min: 0, max: 5 }),
  user: fc.constantFrom('x', 'y', 'z', undefined),
  region: fc.constantFrom('eu', 'us', 'asia', undefined),
  occurred: fc.constantFrom(-2, -1, 0, 1, 2).map((minutes) => minutes * minute),
  retracts: fc.option(fc.nat(30), { nil: undefined, freq: 5 }),
});

function isCounted({ meter, user, region }: Step): boolean {
  switch (meter) {
    case 'users':
      return user !== undefined;
    case 'traffic':
      return region === 'eu' || region === 'us';
    case 'errors':
      return region !== 'eu';
    default:
      return true;
  }
}

function expected(counted: readonly Counted[]): Map<string, number> {
  const totals = new Map<string, number>();
  for (const [key, all] of Map.groupBy(counted, (one) => `${one.customer} ${one.meter} ${one.period}`)) {
    const values = all.map(({ value }) => value);
    const last = all.toSorted((a, b) => a.occurred - b.occurred || (a.id < b.id ? -1 : 1)).at(-1);
    const [, meter] = key.split(' ');
    totals.set(
      key,
      {
        tokens: values.reduce((sum, value) => sum + value, 0),
        traffic: values.reduce((sum, value) => sum + value, 0),
        seats: Math.max(...values),
        users: new Set(all.map(({ user }) => user)).size,
        storage: last?.value ?? 0,
        errors: all.length,
      }[meter ?? ''] ?? 0,
    );
  }
  return totals;
}

describe('totals of every kind', () => {
  it('are what a plain model says, whatever order and crowd events come in, and rebuilding changes none', async () => {
    let histories = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 8 }),
        async (crowds) => {
          histories += 1;
          const prefix = `model-${histories}-`;
          const taken: Counted[] = [];
          let counted: Counted[] = [];
          for (const [index, crowd] of crowds.entries()) {
            // The first half comes within the grace of the month before, the second after it.
            const isOpen = index < crowds.length / 2;
            api.setTime(new Date(monthBegan + (isOpen ? hour - minute : hour)));
            const candidates = [...taken];
            await Promise.all(
              crowd.map(async (one) => {
                const target = one.retracts === undefined ? undefined : candidates[one.retracts];
                if (target !== undefined) {
                  const { status } = await retract(target.id);
                  const isGone = status === 200;
                  counted = isGone ? counted.filter(({ id }) => id !== target.id) : counted;
                  return;
                }
                const { body } = await track(`${prefix}${one.customer}`, one.meter, one.value, {
                  occurred_at: new Date(monthBegan + one.occurred).toISOString(),
                  properties: {
                    bytes: one.value,
                    ...(one.user === undefined ? {} : { user: one.user }),
                    ...(one.region === undefined ? {} : { region: one.region }),
                  },
                });
                const isLate = one.occurred < 0 && !isOpen;
                expect(body).toMatchObject({ status: 'accepted', late: isLate });
                const period = one.occurred < 0 && isOpen ? 0 : 1;
                const event = { ...one, id: body['id'], period };
                taken.push(event);
                if (isCounted(one)) {
                  counted.push(event);
                }
              }),
            );
          }
          expect(await differing(prefix, counted)).toEqual([]);
        },
      ),
      { numRuns: 40, endOnFailure: true },
    );
    const rebuilt = await api.database.owner.query('select * from app.rebuild_usage($1, now())', [
      tenant.environment_id,
    ]);
    expect(rebuilt.rows).toEqual([]);

    await api.database.owner.query(`update usage_records set value = 77, latest_event_id = null`);
    await api.database.owner.query(`update usage_unique_values set event_count = 9`);
    const before = await records('model-1-');
    expect(new Set(before.values())).toEqual(new Set([77]));
    await api.database.owner.query('select * from app.rebuild_usage($1, now())', [tenant.environment_id]);
    const again = await api.database.owner.query('select * from app.rebuild_usage($1, now())', [
      tenant.environment_id,
    ]);
    expect(again.rows).toEqual([]);
    expect(await used('concurrent', 'users')).toBe(60);
  }, 120_000);

  async function records(prefix: string): Promise<Map<string, number>> {
    const { rows } = await api.database.owner.query<{ key: string; value: number }>(
      `select concat_ws(' ', right(c.external_id, 1), m.key, case when r.period_start < $2 then 0 else 1 end) as key,
              r.value::float8 as value
       from usage_records r
       join customers c on c.environment_id = r.environment_id and c.id = r.customer_id
       join meters m on m.environment_id = r.environment_id and m.id = r.meter_id
       where starts_with(c.external_id, $1)`,
      [prefix, new Date(monthBegan)],
    );
    return new Map(rows.map((row) => [row.key, row.value]));
  }

  /** Totals that are not what the model says. One whose events were all taken back is 0. */
  async function differing(prefix: string, counted: readonly Counted[]): Promise<unknown[]> {
    const found = await records(prefix);
    const wanted = expected(counted);
    return [...new Set([...found.keys(), ...wanted.keys()])]
      .map((key) => ({ key, found: found.get(key) ?? 0, wanted: wanted.get(key) ?? 0 }))
      .filter((total) => total.found !== total.wanted);
  }
});
