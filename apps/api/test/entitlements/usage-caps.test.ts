import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UsageCap } from '../../src/modules/catalog/plan.ts';
import { startApi, type Json, type Tenant, type TestApi } from '../fixtures/api.ts';
import { grant } from '../fixtures/grants.ts';

let instances: TestApi[];
let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  instances = [api, await api.another(), await api.another()];
  tenant = await api.newTenant();
  await tenant.asServer('POST', 'features', { key: 'calls', name: 'Calls', type: 'metered' });
});
afterAll(async () => {
  for (const instance of instances.toReversed()) {
    await instance.close();
  }
});

async function capped(
  caps: UsageCap[],
  more: { limit?: number | null; overage?: 'allow'; anchor?: Date } = {},
): Promise<string> {
  const customer = `capped-${randomUUID()}`;
  await tenant.asServer('POST', 'customers', { external_id: customer });
  await grant(api, tenant, { customer, feature: 'calls', limit: null, caps, ...more });
  return customer;
}

const consume = async (customer: string, quantity = 1, by: TestApi = api): Promise<Json> =>
  (
    await by.send(
      'POST',
      'entitlements/consume',
      { idempotency_key: randomUUID(), customer, feature: 'calls', quantity },
      { authorization: `Bearer ${tenant.secretKey}` },
    )
  ).body;

const check = async (customer: string, required = 1): Promise<Json> =>
  (await tenant.asServer('GET', `entitlements/check?customer=${customer}&feature=calls&required=${required}`))
    .body;

const track = (customer: string, value: number, occurredAt: Date) =>
  tenant.asServer('POST', 'usage/track', {
    idempotency_key: randomUUID(),
    customer,
    meter: 'calls',
    value,
    occurred_at: occurredAt.toISOString(),
  });

const setTime = (time: Date): void => instances.forEach((instance) => instance.setTime(time));

describe('a usage cap', () => {
  it.each([
    ['minute', '2026-12-02T10:30:59.999Z', '2026-12-02T10:31:00.000Z'],
    ['hour', '2026-12-02T10:30:59.999Z', '2026-12-02T11:00:00.000Z'],
    ['day', '2026-12-02T10:30:59.999Z', '2026-12-03T00:00:00.000Z'],
    ['week', '2026-12-06T23:59:59.999Z', '2026-12-07T00:00:00.000Z'],
    ['month', '2026-12-31T23:59:59.999Z', '2027-01-01T00:00:00.000Z'],
  ] as const)('of a %s holds until its end in UTC, and begins anew then', async (interval, now, end) => {
    setTime(new Date(now));
    for (const terms of [{ limit: null }, { limit: 0, overage: 'allow' as const }, { limit: 1_000 }]) {
      const customer = await capped([{ interval, quantity: 10 }], terms);
      setTime(new Date(now));
      expect(await consume(customer, 7)).toMatchObject({ allowed: true, used: 7 });
      const denied = { allowed: false, reason: 'usage_cap', used: 7, resets_at: end };
      expect(await check(customer, 4)).toMatchObject(denied);
      expect(await consume(customer, 4)).toMatchObject({ ...denied, event_id: null });
      expect(await check(customer, 3)).toMatchObject({ allowed: true });
      expect(await consume(customer, 3)).toMatchObject({ allowed: true, used: 10 });

      setTime(new Date(end));
      expect(await check(customer, 10)).toMatchObject({ allowed: true });
      expect(await consume(customer, 10)).toMatchObject({ allowed: true });
      expect(await consume(customer, 1)).toMatchObject({ allowed: false, reason: 'usage_cap' });
    }
  });

  it('counts what is tracked, which is never refused, and sees it at once', async () => {
    setTime(new Date('2026-12-02T10:30:00Z'));
    const customer = await capped([{ interval: 'hour', quantity: 10 }]);
    expect(await check(customer, 10)).toMatchObject({ allowed: true });
    expect((await track(customer, 25, new Date('2026-12-02T10:29:00Z'))).status).toBe(200);
    expect(await check(customer, 1)).toMatchObject({ allowed: false, reason: 'usage_cap', used: 25 });
    setTime(new Date('2026-12-02T11:00:00Z'));
    expect(await check(customer, 10)).toMatchObject({ allowed: true, used: 25 });
  });

  it('counts what was used in the window before it was ever looked at, and nothing older', async () => {
    setTime(new Date('2026-12-02T10:30:00Z'));
    const customer = await capped([{ interval: 'hour', quantity: 10 }]);
    await track(customer, 100, new Date('2026-12-02T09:59:59Z'));
    await track(customer, 4, new Date('2026-12-02T10:00:00Z'));
    expect(await check(customer, 6)).toMatchObject({ allowed: true, used: 104 });
    expect(await check(customer, 7)).toMatchObject({ allowed: false, reason: 'usage_cap' });
  });

  it('goes on over the end of a billing period within its window', async () => {
    setTime(new Date('2026-12-02T10:00:00Z'));
    const customer = await capped([{ interval: 'day', quantity: 10 }], {
      anchor: new Date('2026-11-02T12:00:00Z'),
    });
    expect(await consume(customer, 6)).toMatchObject({ allowed: true, used: 6 });
    setTime(new Date('2026-12-02T12:00:00Z'));
    expect(await check(customer, 4)).toMatchObject({ allowed: true, used: 0 });
    expect(await check(customer, 5)).toMatchObject({ allowed: false, reason: 'usage_cap' });
    expect(await consume(customer, 4)).toMatchObject({ allowed: true, used: 4 });
    expect(await consume(customer, 1)).toMatchObject({ allowed: false, reason: 'usage_cap' });
  });

  it('counts what is held, and the tightest of several decides', async () => {
    setTime(new Date('2026-12-02T10:30:00Z'));
    const customer = await capped([
      { interval: 'minute', quantity: 5 },
      { interval: 'day', quantity: 8 },
    ]);
    const { body: held } = await tenant.asServer('POST', 'entitlements/reservations', {
      customer,
      feature: 'calls',
      quantity: 5,
    });
    expect(held).toMatchObject({ allowed: true });
    expect(await consume(customer)).toMatchObject({
      reason: 'usage_cap',
      resets_at: '2026-12-02T10:31:00.000Z',
    });
    await tenant.asServer('POST', `entitlements/reservations/${held['reservation_id']}/confirm`, {
      quantity: 5,
    });
    setTime(new Date('2026-12-02T10:31:00Z'));
    expect(await consume(customer, 3)).toMatchObject({ allowed: true });
    expect(await consume(customer)).toMatchObject({
      reason: 'usage_cap',
      resets_at: '2026-12-03T00:00:00.000Z',
    });
  });

  it('is never exceeded, however many take at once over three instances', async () => {
    setTime(new Date('2026-12-02T10:30:00Z'));
    const customer = await capped([{ interval: 'hour', quantity: 10 }], { limit: 0, overage: 'allow' });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => consume(customer, 1, instances[index % instances.length])),
    );
    expect(answers.filter(({ allowed }) => allowed)).toHaveLength(10);
    expect(new Set(answers.map(({ reason }) => reason))).toEqual(new Set([null, 'usage_cap']));
  });

  it('is part of a plan and of an override, which replaces it', async () => {
    setTime(new Date('2026-12-02T10:30:00Z'));
    const { body: plan } = await tenant.asServer('POST', 'plans', {
      key: 'capped',
      name: 'Capped',
      features: [{ feature: 'calls', limit: null, caps: [{ interval: 'day', quantity: 3 }] }],
    });
    expect(plan['features']).toMatchObject([{ caps: [{ interval: 'day', quantity: 3 }] }]);
    await tenant.asOwner('PATCH', 'default-plan', { plan: 'capped' });
    const customer = `free-${randomUUID()}`;
    await tenant.asServer('POST', 'customers', { external_id: customer });
    expect(await consume(customer, 4)).toMatchObject({ allowed: false, reason: 'usage_cap' });
    await tenant.asServer('POST', `customers/${customer}/entitlement-overrides`, {
      feature: 'calls',
      limit: null,
      caps: [{ interval: 'day', quantity: 4 }],
      reason: 'asked nicely',
    });
    expect(await consume(customer, 4)).toMatchObject({ allowed: true });
    expect(await consume(customer, 1)).toMatchObject({ allowed: false, reason: 'usage_cap' });
    const { body } = await tenant.asServer('GET', `customers/${customer}/entitlements`);
    expect(body['features'][0]['caps']).toEqual([
      { interval: 'day', quantity: 4, used: 4, resets_at: '2026-12-03T00:00:00.000Z' },
    ]);
  });
});
