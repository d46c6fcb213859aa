import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, startApi, type Tenant, type TestApi } from '../fixtures/api.ts';

const day = 24 * 60 * 60 * 1_000;

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  api.setTime(new Date('2026-11-20T12:00:00Z'));
  tenant = await api.newTenant();
  for (const meter of [
    { key: 'tokens', aggregation: 'sum', group_by: ['model'] },
    { key: 'seats', aggregation: 'max' },
    { key: 'users', aggregation: 'unique', property: 'user', group_by: ['model'] },
    { key: 'storage', aggregation: 'latest' },
    { key: 'calls', aggregation: 'count' },
  ]) {
    await tenant.asServer('POST', 'meters', { name: meter.key, ...meter });
  }
});
afterAll(() => api.close());

async function track(meter: string, customer: string, at: string, value: number, properties: Json = {}) {
  const answer = await tenant.asServer('POST', 'usage/track', {
    idempotency_key: randomUUID(),
    customer,
    meter,
    value,
    occurred_at: at,
    properties,
  });
  expect(answer.body['status']).toBe('accepted');
}
async function explore(query: string): Promise<Json> {
  return (await tenant.asServer('GET', `usage/explore?${query}`)).body;
}

describe('exploring usage', () => {
  it('adds up by day, and by customer with the others together', async () => {
    await track('tokens', 'ada', '2026-11-18T10:00:00Z', 100);
    await track('tokens', 'ada', '2026-11-19T10:00:00Z', 50);
    await track('tokens', 'bob', '2026-11-19T11:00:00Z', 30);
    await track('tokens', 'cai', '2026-11-19T12:00:00Z', 7);
    await track('tokens', 'dee', '2026-11-20T01:00:00Z', 5);

    expect(await explore('meter=tokens&group_by=customer&top=2')).toMatchObject({
      meter: 'tokens',
      aggregation: 'sum',
      from: '2026-10-21T00:00:00.000Z',
      timezone: 'UTC',
      value: 192,
      events: 5,
      over_time: [
        { start: '2026-11-18T00:00:00.000Z', value: 100 },
        { start: '2026-11-19T00:00:00.000Z', value: 87 },
        { start: '2026-11-20T00:00:00.000Z', value: 5 },
      ],
      groups: [
        {
          group: 'ada',
          value: 150,
          events: 2,
          over_time: [
            { start: '2026-11-18T00:00:00.000Z', value: 100 },
            { start: '2026-11-19T00:00:00.000Z', value: 50 },
          ],
        },
        { group: 'bob', value: 30 },
      ],
      other: {
        value: 12,
        events: 2,
        over_time: [
          { start: '2026-11-19T00:00:00.000Z', value: 7 },
          { start: '2026-11-20T00:00:00.000Z', value: 5 },
        ],
      },
    });
  });

  it('breaks down by a property that the meter lists, what lacks it apart, and by no other', async () => {
    await track('tokens', 'eve', '2026-11-17T10:00:00Z', 3, { model: 'small' });
    await track('tokens', 'eve', '2026-11-17T11:00:00Z', 4, { model: 'large' });
    await track('tokens', 'eve', '2026-11-17T12:00:00Z', 2);

    const body = await explore('meter=tokens&customer=eve&group_by=model&interval=month');
    expect(body).toMatchObject({
      value: 9,
      groups: [
        { group: 'large', value: 4 },
        { group: 'small', value: 3 },
        { group: null, value: 2, events: 1 },
      ],
      other: null,
    });
    await track('tokens', 'lea', '2026-11-17T12:00:00Z', 6);
    expect(await explore('meter=tokens&customer=lea&group_by=model')).toMatchObject({
      groups: [{ group: null, value: 6, events: 1 }],
      other: null,
    });
    expect((await explore('meter=tokens&group_by=colour'))['error']).toMatchObject({
      code: 'not_grouped_by',
      param: 'group_by',
    });
  });

  it('begins days where the timezone does', async () => {
    await track('calls', 'fay', '2026-11-18T23:30:00Z', 1);
    await track('calls', 'fay', '2026-11-19T00:30:00Z', 1);
    const starts = async (timezone: string) =>
      (await explore(`meter=calls&customer=fay&timezone=${timezone}`))['over_time'];
    expect(await starts('UTC')).toEqual([
      { start: '2026-11-18T00:00:00.000Z', value: 1 },
      { start: '2026-11-19T00:00:00.000Z', value: 1 },
    ]);
    expect(await starts('Europe/Berlin')).toEqual([{ start: '2026-11-18T23:00:00.000Z', value: 2 }]);
    const hours = await explore('meter=calls&customer=fay&interval=hour');
    expect(hours['over_time']).toEqual([
      { start: '2026-11-18T23:00:00.000Z', value: 1 },
      { start: '2026-11-19T00:00:00.000Z', value: 1 },
    ]);
  });

  it('keeps of each interval what the meter keeps', async () => {
    for (const [at, value, user] of [
      ['2026-11-18T10:00:00Z', 8, 'u1'],
      ['2026-11-18T11:00:00Z', 6, 'u2'],
      ['2026-11-19T10:00:00Z', 5, 'u1'],
    ] as const) {
      await track('seats', 'gil', at, value);
      await track('storage', 'gil', at, value);
      await track('users', 'gil', at, 1, { user });
    }
    const seen = async (meter: string) => {
      const { value, over_time: overTime } = await explore(`meter=${meter}&customer=gil`);
      return [value, overTime.map((one: Json) => one['value'])];
    };
    expect(await seen('seats')).toEqual([8, [8, 5]]);
    expect(await seen('storage')).toEqual([5, [6, 5]]);
    expect(await seen('users')).toEqual([2, [2, 1]]);
  });

  it('is what the events add up to, at every grain, in every part', async () => {
    const event = fc.record({
      customer: fc.constantFrom('hal', 'ida', 'joy', 'kim'),
      value: fc.integer({ min: 1, max: 50 }),
      hours: fc.integer({ min: 1, max: 24 * 30 }),
      model: fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 30 }), async (events) => {
        const meter = `m_${randomUUID().slice(0, 8)}`;
        await tenant.asServer('POST', 'meters', { key: meter, name: meter, group_by: ['model'] });
        const now = Date.parse('2026-11-20T12:00:00Z');
        await tenant.asServer('POST', 'usage/track', {
          events: events.map(({ customer, value, hours, model }) => ({
            idempotency_key: randomUUID(),
            customer,
            meter,
            value,
            occurred_at: new Date(now - hours * 3_600_000).toISOString(),
            properties: model === undefined ? {} : { model },
          })),
        });
        const total = events.reduce((sum, { value }) => sum + value, 0);
        const added = (parts: Json[]): number => parts.reduce((sum, part) => sum + part['value'], 0);
        for (const interval of ['hour', 'day', 'month']) {
          for (const groupBy of ['customer', 'model']) {
            const from = new Date(now - 31 * day).toISOString();
            const body = await explore(
              `meter=${meter}&interval=${interval}&group_by=${groupBy}&top=2&from=${from}&timezone=Asia/Kolkata`,
            );
            expect(body['value']).toBe(total);
            expect(added(body['over_time'])).toBe(total);
            const parts = [...body['groups'], ...(body['other'] === null ? [] : [body['other']])];
            expect(added(parts)).toBe(total);
            for (const part of parts) {
              expect(added(part['over_time'])).toBe(part['value']);
            }
          }
        }
      }),
      { numRuns: 8 },
    );
  });

  it('is empty where nothing was used, and refused where it would be endless or unknown', async () => {
    expect(await explore('meter=calls&customer=gil&interval=hour')).toMatchObject({
      value: 0,
      events: 0,
      over_time: [],
      groups: [],
      other: null,
    });
    const code = async (query: string) => (await explore(query))['error']?.code;
    expect(await code('meter=calls&interval=hour&from=2026-09-01T00:00:00Z')).toBe('exploration_too_fine');
    expect(await code('meter=nothing')).toBe('meter_not_found');
    expect(await code('meter=calls&customer=nobody')).toBe('customer_not_found');
    expect(await code('meter=calls&timezone=Nowhere/Else')).toBe('invalid_request');
  });

  it('says what to ask instead when Postgres takes longer than anybody waits', async () => {
    const slow = await api.database.owner.connect();
    try {
      await slow.query('begin; lock table usage_events in access exclusive mode');
      const { error } = await explore('meter=calls&customer=gil');
      expect(error).toMatchObject({ code: 'exploration_too_large', param: 'from' });
    } finally {
      await slow.query('rollback');
      slow.release();
    }
  });
});
