import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, startApi, type Json, type Tenant, type TestApi } from '../fixtures/api.ts';
import { grant } from '../fixtures/grants.ts';

// INV-14: three instances on one database and one Redis.
let instances: TestApi[];
let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  instances = [api, await api.another(), await api.another()];
  tenant = await api.newTenant();
  await tenant.asServer('POST', 'features', { key: 'credits', name: 'Credits', type: 'metered' });
  await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  await tenant.asServer('POST', 'meters', { key: 'requests', name: 'Requests', aggregation: 'count' });
  await tenant.asServer('POST', 'features', {
    key: 'requests',
    name: 'Requests',
    type: 'metered',
    meter: 'requests',
  });
});
afterAll(async () => {
  for (const instance of instances.toReversed()) {
    await instance.close();
  }
});

async function withLimit(limit: number | null, more: { overage?: 'allow'; feature?: string } = {}) {
  const customer = `limited-${randomUUID()}`;
  await tenant.asServer('POST', 'customers', { external_id: customer });
  const granted = await grant(api, tenant, { customer, feature: 'credits', limit, ...more });
  return { customer, ...granted };
}

const post = (path: string, body: Json, by: TestApi = api) =>
  by.send('POST', path, body, { authorization: `Bearer ${tenant.secretKey}` });

/** Repeats what was not answered in time, as a client does: of a thousand at once, some wait for long. */
async function consume(customer: string, body: Json = {}, by: TestApi = api): Promise<Answer> {
  const wish = { idempotency_key: randomUUID(), customer, feature: 'credits', ...body };
  const answer = await post('entitlements/consume', wish, by);
  return answer.status === 503 ? consume(customer, wish, by) : answer;
}

const reserve = async (customer: string, body: Json = {}) =>
  (await post('entitlements/reservations', { customer, feature: 'credits', ...body })).body;

const used = async (customer: string): Promise<number> => {
  const { rows } = await api.database.owner.query<{ used: string }>(
    `select coalesce(sum(e.value), 0) as used from usage_events e
     join customers c on c.environment_id = e.environment_id and c.id = e.customer_id
     where c.external_id = $1`,
    [customer],
  );
  return Number(rows[0]?.used);
};

describe('of a limit', () => {
  it.each([
    { left: 1, asked: 1_000, customers: 1 },
    { left: 100, asked: 300, customers: 1 },
    { left: 10, asked: 50, customers: 10 },
  ])(
    '$left are taken and no more when $asked ask at once over three instances, for each of $customers customers',
    async ({ left, asked, customers }) => {
      const limited = await Promise.all(Array.from({ length: customers }, () => withLimit(left)));
      const answers = await Promise.all(
        limited.flatMap(({ customer }) =>
          Array.from({ length: asked }, async (_, index) => ({
            customer,
            ...(await consume(customer, {}, instances[index % instances.length])),
          })),
        ),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      for (const { customer } of limited) {
        const mine = answers.filter((answer) => answer.customer === customer);
        expect(mine.filter(({ body }) => body['allowed'] === true)).toHaveLength(left);
        expect(new Set(mine.map(({ body }) => body['reason']))).toEqual(new Set([null, 'limit_reached']));
        expect(await used(customer)).toBe(left);
        expect((await consume(customer)).body).toMatchObject({ allowed: false, used: left, remaining: 0 });
      }
    },
    120_000,
  );

  it('more than is left is not taken in part', async () => {
    const { customer } = await withLimit(10);
    expect((await consume(customer, { quantity: 7 })).body).toMatchObject({
      allowed: true,
      used: 7,
      remaining: 3,
      event_id: expect.stringMatching(/^evt_/),
    });
    expect((await consume(customer, { quantity: 3.5 })).body).toMatchObject({
      allowed: false,
      reason: 'limit_reached',
      used: 7,
      remaining: 3,
      event_id: null,
    });
    expect(await used(customer)).toBe(7);
  });

  it('nothing is taken twice under one key, and a denied key may be used again', async () => {
    const { customer } = await withLimit(2);
    const key = randomUUID();
    const first = await consume(customer, { idempotency_key: key });
    const repeated = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        consume(customer, { idempotency_key: key }, instances[index % instances.length]),
      ),
    );
    expect(new Set(repeated.map(({ body }) => body['event_id']))).toEqual(new Set([first.body['event_id']]));
    expect(await used(customer)).toBe(1);
    const other = await consume(customer, { idempotency_key: key, quantity: 2 });
    expect(other.status).toBe(409);
    // The key of the body, not the header of that name.
    expect(other.body['error']).toMatchObject({ code: 'idempotency_conflict', param: 'idempotency_key' });

    // The key may stand in the header, as for other requests.
    const bare = { customer, feature: 'credits' };
    const headers = { authorization: `Bearer ${tenant.secretKey}`, 'idempotency-key': key };
    expect((await api.send('POST', 'entitlements/consume', bare, headers)).body['event_id']).toBe(
      first.body['event_id'],
    );
    expect((await post('entitlements/consume', bare)).status).toBe(422);

    const denied = randomUUID();
    expect((await consume(customer, { idempotency_key: denied, quantity: 2 })).body['allowed']).toBe(false);
    expect((await consume(customer, { idempotency_key: denied, quantity: 1 })).body['allowed']).toBe(true);
  });

  it('is taken what overage and no limit allow', async () => {
    const over = await withLimit(1, { overage: 'allow' });
    expect((await consume(over.customer, { quantity: 5 })).body).toMatchObject({ allowed: true, overage: 4 });
    const unlimited = await withLimit(null);
    expect((await consume(unlimited.customer, { quantity: 5 })).body).toMatchObject({
      allowed: true,
      limit: null,
    });
  });

  it('is seen by the next check of every instance', async () => {
    const { customer } = await withLimit(2);
    await consume(customer, { quantity: 2 });
    for (const instance of instances) {
      const { body } = await instance.send(
        'GET',
        `entitlements/check?customer=${customer}&feature=credits`,
        undefined,
        { authorization: `Bearer ${tenant.secretKey}` },
      );
      expect(body).toMatchObject({ allowed: false, used: 2 });
    }
  });

  it('nothing is taken of what is not metered, not granted, or counted by events', async () => {
    const { customer } = await withLimit(5);
    expect((await consume(customer, { feature: 'exports' })).body['error'].code).toBe('feature_not_metered');
    expect((await consume(customer, { feature: 'typo' })).status).toBe(404);
    expect((await consume(customer, { feature: 'requests' })).body).toMatchObject({
      allowed: false,
      reason: 'not_entitled',
    });
    await grant(api, tenant, { customer, feature: 'requests', limit: 2 });
    expect((await consume(customer, { feature: 'requests', quantity: 2 })).body['error'].code).toBe(
      'meter_not_summed',
    );
    expect((await consume(customer, { feature: 'requests' })).body).toMatchObject({ allowed: true, used: 1 });
    expect((await consume('nobody')).body).toMatchObject({ allowed: false, reason: 'customer_not_found' });
  });
});

describe('a reservation', () => {
  const confirm = (id: unknown, quantity: number) =>
    post(`entitlements/reservations/${String(id)}/confirm`, { quantity });
  const release = (id: unknown) => post(`entitlements/reservations/${String(id)}/release`, {});

  it('holds units that nobody else gets, uses what it took, and gives back the rest', async () => {
    const { customer } = await withLimit(10);
    const held = await reserve(customer, { quantity: 8 });
    expect(held).toMatchObject({ allowed: true, used: 0, remaining: 2 });
    expect((await consume(customer, { quantity: 3 })).body).toMatchObject({ allowed: false, remaining: 2 });

    expect((await confirm(held['reservation_id'], 9)).body['error'].code).toBe('reservation_too_small');
    const confirmed = await confirm(held['reservation_id'], 5);
    expect(confirmed.body).toMatchObject({ state: 'confirmed', quantity: 5 });
    expect((await confirm(held['reservation_id'], 5)).body).toEqual(confirmed.body);
    expect((await confirm(held['reservation_id'], 4)).body['error'].code).toBe('reservation_settled');
    expect((await release(held['reservation_id'])).status).toBe(409);
    expect(await used(customer)).toBe(5);
    expect((await consume(customer, { quantity: 5 })).body).toMatchObject({ allowed: true, remaining: 0 });
  });

  it('that is released holds nothing, however often it is', async () => {
    const { customer } = await withLimit(3);
    const held = await reserve(customer, { quantity: 3 });
    expect((await reserve(customer)).reservation_id).toBeNull();
    expect((await release(held['reservation_id'])).body).toMatchObject({ state: 'released', quantity: 0 });
    expect((await release(held['reservation_id'])).status).toBe(200);
    expect((await confirm(held['reservation_id'], 1)).status).toBe(409);
    expect((await consume(customer, { quantity: 3 })).body['allowed']).toBe(true);
  });

  it('holds nothing when its time is over', async () => {
    const { customer } = await withLimit(3);
    const held = await reserve(customer, { quantity: 3, ttl_seconds: 60 });
    for (const instance of instances) {
      instance.setTime(new Date(Date.now() + 61_000));
    }
    try {
      expect((await confirm(held['reservation_id'], 3)).body['error'].code).toBe('reservation_settled');
      expect((await consume(customer, { quantity: 3 })).body['allowed']).toBe(true);
    } finally {
      for (const instance of instances) {
        instance.setTime(new Date());
      }
    }
  });

  it('is at most a day long', async () => {
    const { customer } = await withLimit(3);
    expect((await reserve(customer, { ttl_seconds: 86_401 }))['error'].code).toBe('invalid_request');
  });

  it('of several at once never holds more than there is', async () => {
    const { customer } = await withLimit(10);
    const all = await Promise.all(Array.from({ length: 30 }, () => reserve(customer, { quantity: 3 })));
    expect(all.filter((one) => one['allowed'] === true)).toHaveLength(3);
  });
});
