import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Broadcast } from '../../src/platform/broadcast.ts';
import type { Json, Tenant, TestApi } from '../fixtures/api.ts';
import { type Granted, grant } from '../fixtures/grants.ts';
import { type RedisCluster, startRedisCluster } from '../fixtures/redis-cluster.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

// INV-17, INV-12, INV-14, INV-40. A cluster loses a master that nobody takes over from: Redis serves no key at all until it is
// back, with what it held then. Postgres answers meanwhile: nothing is in doubt, nothing is lost, and what was revoked stays so.

/** The age that a copy may have, and what a busy machine adds. */
const boundMs = 10_000 + 1_500;
/** What each customer uses in three rounds: before, and while a master is lost. */
const quota = 3 * 2 * 3;
const customers = Array.from({ length: 12 }, (_, index) => `user_${index}`);

let cluster: RedisCluster;
let stack: TestStack;
let other: TestApi;
let tenant: Tenant;
/** Has work for the worker: its catalog is put on Stripe. */
let connected: Tenant;

beforeAll(async () => {
  cluster = await startRedisCluster();
  stack = await startStack({ settings: { REDIS_URL: cluster.url, REDIS_TOPOLOGY: 'cluster' } });
  other = await stack.another();
  tenant = await stack.newTenant();
  connected = await stack.newConnectedTenant();
  await connected.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  await stack.settle();
  await made('features', { key: 'calls', name: 'Calls', type: 'metered' });
  await made('features', { key: 'exports', name: 'Exports', type: 'boolean' });
}, 180_000);
afterAll(async () => {
  await other.close();
  await stack.close();
  await cluster.stop();
});

async function made(path: string, body: Json): Promise<Json> {
  const answer = await tenant.asServer('POST', path, body);
  expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
}

/** Of either process: nothing may be refused, whatever became of Redis. */
async function ask(by: TestApi, method: 'GET' | 'POST', path: string, body?: Json): Promise<Json> {
  const answer = await by.send(method, path, body, { authorization: `Bearer ${tenant.secretKey}` });
  expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBe(200);
  return answer.body;
}

const check = (by: TestApi, customer: string, feature = 'calls') =>
  ask(by, 'GET', `entitlements/check?customer=${customer}&feature=${feature}`);

const ofTwo = (index: number): TestApi => (index % 2 === 0 ? stack : other);

/** Each customer reports two and takes one, at one of the processes. */
async function use(round: string, by: (index: number) => TestApi = ofTwo): Promise<string[]> {
  return Promise.all(
    customers.map(async (customer, index) => {
      const tracked = await ask(by(index), 'POST', 'usage/track', {
        idempotency_key: `${round}-${customer}-tracked`,
        customer,
        meter: 'calls',
        value: 2,
      });
      const taken = await ask(by(index), 'POST', 'entitlements/consume', {
        idempotency_key: `${round}-${customer}-taken`,
        customer,
        feature: 'calls',
      });
      expect(taken['allowed'], JSON.stringify(taken)).toBe(true);
      return String(tracked['status']);
    }),
  );
}

const usedAt = (by: TestApi) =>
  Promise.all(customers.map(async (customer) => (await check(by, customer))['used']));

async function newKey(more: Json = {}): Promise<Json> {
  return made('keys', { customer: 'user_0', name: 'server', ...more });
}

const verify = async (by: TestApi, key: Json) =>
  (await ask(by, 'POST', 'keys/verify', { key: key['secret'] }))['code'];

// One story for each master, told in order.
describe.each([0, 1, 2])('while master %i of three is lost, and after it is back', (index) => {
  const each = (value: number) => customers.map(() => value);
  const round = `round-${index}`;
  let before: number;
  let leaving: string;
  let granted: Granted;
  let revokedKey: Json;
  let limited: Json;
  let revokedAt: number;

  it('all is well before', async () => {
    before = index * 6;
    if (index === 0) {
      await Promise.all(customers.map((customer) => made('customers', { external_id: customer })));
      for (const customer of customers) {
        await grant(stack, tenant, { customer, feature: 'calls', limit: quota, overage: 'block' });
      }
    }
    leaving = `leaving_${index}`;
    await made('customers', { external_id: leaving });
    granted = await grant(stack, tenant, { customer: leaving, feature: 'exports' });
    revokedKey = await newKey();
    limited = await newKey({ rate_limit: { limit: 3, window_seconds: 600 } });
    await use(`${round}-before`);
    for (const by of [stack, other]) {
      await expect.poll(() => usedAt(by), { timeout: boundMs }).toEqual(each(before + 3));
      expect((await check(by, leaving, 'exports'))['allowed']).toBe(true);
      expect(await verify(by, revokedKey)).toBe('valid');
    }
    await cluster.lose(index);
  }, 120_000);

  it('every check, report and take is answered, and counted once', async () => {
    expect(await check(stack, 'user_0')).toMatchObject({ allowed: true, degraded: false });
    expect(await use(`${round}-during`)).toEqual(customers.map(() => 'accepted'));
    for (const by of [stack, other]) {
      await expect.poll(() => usedAt(by), { timeout: boundMs }).toEqual(each(before + 6));
    }
    // Whoever says it again says it to the other process.
    expect(await use(`${round}-during`, (at) => ofTwo(at + 1))).toEqual(customers.map(() => 'duplicate'));
    expect(await usedAt(stack)).toEqual(each(before + 6));
  }, 60_000);

  it('a process that starts then answers, too', async () => {
    const newcomer = await stack.another();
    expect(await check(newcomer, 'user_0')).toMatchObject({ degraded: false, used: before + 6 });
    await newcomer.close();
  }, 60_000);

  it('what is revoked is gone at once where it was, and everywhere in time', async () => {
    await granted.revoke();
    revokedAt = performance.now();
    expect((await check(stack, leaving, 'exports'))['allowed']).toBe(false);
    await tenant.asServer('POST', `keys/${revokedKey['id']}/revoke`);
    expect(await verify(stack, revokedKey)).toBe('revoked');
    await expect.poll(() => verify(other, revokedKey), { timeout: boundMs }).toBe('revoked');
    await expect
      .poll(async () => (await check(other, leaving, 'exports'))['allowed'], { timeout: boundMs })
      .toBe(false);
  }, 60_000);

  it('limits hold in each process by itself', async () => {
    for (const by of [stack, other]) {
      const answers: string[] = [];
      for (let call = 0; call < 4; call++) {
        answers.push(await verify(by, limited));
      }
      expect(answers).toEqual(['valid', 'valid', 'valid', 'rate_limited']);
    }
  }, 60_000);

  it('what was to be done is done when it is back, and nothing old comes back with it', async () => {
    const plan = await connected.asServer('POST', 'plans', {
      key: `plan-${index}`,
      name: 'Pro',
      prices: [{ amount: 1_000, currency: 'usd', interval: 'month' }],
      features: [{ feature: 'exports' }],
    });
    const waiting = await stack.database.owner.query(
      `select 1 from outbox where environment_id = $1 and state in ('pending', 'enqueued')`,
      [connected.environment_id],
    );
    expect(waiting.rowCount).toBeGreaterThan(0);
    await cluster.bringBack(index);

    const deadline = revokedAt + boundMs;
    const looked: boolean[] = [];
    while (performance.now() < deadline || looked.length < 20) {
      for (const by of [stack, other]) {
        looked.push((await check(by, leaving, 'exports'))['allowed']);
        expect(await verify(by, revokedKey)).toBe('revoked');
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(new Set(looked)).toEqual(new Set([false]));
    await stack.settle();
    expect(
      (await connected.asServer('GET', `plans/${plan.body['id']}`)).body['prices'][0].stripe_price_id,
    ).toEqual(expect.any(String));
    expect((await connected.asOwner('GET', 'jobs?state=failed')).body['data']).toEqual([]);
    for (const by of [stack, other]) {
      await expect.poll(() => usedAt(by), { timeout: boundMs }).toEqual(each(before + 6));
    }
  }, 90_000);

  it('all processes hear of each other again', async () => {
    for (const by of [stack, other]) {
      await expect.poll(() => by.app.get(Broadcast).isConnected, { timeout: 20_000 }).toBe(true);
    }
    const again = await grant(stack, tenant, { customer: leaving, feature: 'exports' });
    await expect
      .poll(async () => (await check(other, leaving, 'exports'))['allowed'], { timeout: boundMs })
      .toBe(true);
    const heard = new Promise<string>((resolve) => other.app.get(Broadcast).on('greeting', resolve));
    await stack.app.get(Broadcast).tell('greeting', round);
    expect(await heard).toBe(round);
    await again.revoke();
  }, 60_000);
});

it('in the end exactly the quota was taken, and nobody gets more', async () => {
  for (const customer of customers) {
    const more = { idempotency_key: `more-${customer}`, customer, feature: 'calls' };
    expect((await ask(other, 'POST', 'entitlements/consume', more))['allowed']).toBe(false);
  }
  const { rows } = await stack.database.owner.query<{ total: number; events: number }>(
    `select sum(value)::int as total, count(*)::int as events from usage_events where environment_id = $1`,
    [tenant.environment_id],
  );
  expect(rows).toEqual([{ total: quota * customers.length, events: 12 * customers.length }]);
});
