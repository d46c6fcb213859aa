import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type Json, type Tenant, type TestApi } from '../fixtures/api.ts';
import { grant } from '../fixtures/grants.ts';

// INV-15: at the boundary of a period use counts anew, once, and what came after it stays.
let instances: TestApi[];
let tenant: Tenant;
beforeAll(async () => {
  const api = await startApi();
  instances = [api, await api.another(), await api.another()];
  tenant = await api.newTenant();
  await tenant.asServer('POST', 'features', { key: 'calls', name: 'Calls', type: 'metered' });
});
afterAll(async () => {
  for (const instance of instances.toReversed()) {
    await instance.close();
  }
});

const start = new Date('2026-12-15T08:30:00.000Z');
const boundary = new Date('2027-01-15T08:30:00.000Z');
const limit = 10;

async function newCustomer(): Promise<string> {
  const customer = `c-${randomUUID()}`;
  await tenant.asServer('POST', 'customers', { external_id: customer });
  const [api] = instances;
  if (api !== undefined) {
    await grant(api, tenant, { customer, feature: 'calls', limit, anchor: start });
  }
  return customer;
}

const send = async (by: TestApi | undefined, path: string, body: Json): Promise<Json> =>
  (await by?.send('POST', path, body, { authorization: `Bearer ${tenant.secretKey}` }))?.body ?? {};

const consume = (customer: string, by: TestApi | undefined) =>
  send(by, 'entitlements/consume', { idempotency_key: randomUUID(), customer, feature: 'calls' });

const check = async (customer: string, by: TestApi): Promise<Json> =>
  (
    await by.send('GET', `entitlements/check?customer=${customer}&feature=calls`, undefined, {
      authorization: `Bearer ${tenant.secretKey}`,
    })
  ).body;

const totals = async (customer: string) => {
  const { body } = await tenant.asServer('GET', `usage?customer=${customer}`);
  return body['data'].map(({ period_start: from, value }: Json) => [from, value]);
};

describe('at the end of a billing period', () => {
  it.each([0, limit])(
    '50 who take at once, a millisecond before and after, get what each period holds; %i used before',
    async (usedBefore) => {
      const customer = await newCustomer();
      instances.forEach((instance) => instance.setTime(new Date(boundary.getTime() - 1)));
      for (let i = 0; i < usedBefore; i += 1) {
        expect(await consume(customer, instances[0])).toMatchObject({ allowed: true });
      }
      [-1, 0, 1].forEach((ms, index) => instances[index]?.setTime(new Date(boundary.getTime() + ms)));

      const answers = await Promise.all(
        Array.from({ length: 50 }, async (_, index) => ({
          isBefore: index % instances.length === 0,
          ...(await consume(customer, instances[index % instances.length])),
        })),
      );

      const taken = (isBefore: boolean) =>
        answers.filter((answer: Json) => answer['allowed'] === true && answer['isBefore'] === isBefore)
          .length;
      expect(taken(true)).toBe(limit - usedBefore);
      expect(taken(false)).toBe(limit);
      expect(await totals(customer)).toEqual([
        [boundary.toISOString(), limit],
        [start.toISOString(), limit],
      ]);
    },
  );

  it('use of before that is told after it counts before, and takes nothing of the new period', async () => {
    const customer = await newCustomer();
    instances.forEach((instance) => instance.setTime(boundary));
    expect(await consume(customer, instances[0])).toMatchObject({ allowed: true, used: 1, remaining: 9 });
    await send(instances[1], 'usage/track', {
      idempotency_key: randomUUID(),
      customer,
      meter: 'calls',
      value: 7,
      occurred_at: new Date(boundary.getTime() - 1).toISOString(),
    });
    for (const instance of instances) {
      expect(await check(customer, instance)).toMatchObject({
        used: 1,
        remaining: 9,
        resets_at: '2027-02-15T08:30:00.000Z',
      });
    }
    expect(await totals(customer)).toEqual([
      [boundary.toISOString(), 1],
      [start.toISOString(), 7],
    ]);
  });

  it('a check counts anew at once, whatever every process keeps of the period before', async () => {
    const customer = await newCustomer();
    instances.forEach((instance) => instance.setTime(new Date(boundary.getTime() - 1)));
    for (let i = 0; i < limit; i += 1) {
      expect(await consume(customer, instances[0])).toMatchObject({ allowed: true });
    }
    for (const instance of instances) {
      await expect
        .poll(() => check(customer, instance), { timeout: 12_000 })
        .toMatchObject({ allowed: false, used: limit, resets_at: boundary.toISOString() });
    }

    instances.forEach((instance) => instance.setTime(boundary));
    for (const instance of instances) {
      expect(await check(customer, instance)).toMatchObject({ allowed: true, used: 0, remaining: limit });
    }
  });
});
