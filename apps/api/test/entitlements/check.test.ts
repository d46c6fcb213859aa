import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../src/platform/database/database.ts';
import { Redis } from '../../src/platform/redis.ts';
import { grant } from '../fixtures/grants.ts';
import { type Proxy, startProxy } from '../fixtures/proxy.ts';
import type { Answer, Tenant, TestApi } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

let stack: TestStack;
let tenant: Tenant;
beforeAll(async () => {
  stack = await startStack();
  tenant = await stack.newConnectedTenant();
  await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  await tenant.asServer('POST', 'features', { key: 'retention', name: 'Retention', type: 'config' });
  await tenant.asServer('POST', 'features', { key: 'api_calls', name: 'API calls', type: 'metered' });
  await tenant.asServer('POST', 'plans', {
    key: 'pro',
    name: 'Pro',
    prices: [{ amount: 1_900, currency: 'usd', interval: 'month' }],
    features: [{ feature: 'exports' }],
  });
  await stack.settle();
});
afterAll(() => stack.close());

const check = (customer: string, feature: string, more = '', instance: TestApi = stack) =>
  instance.send('GET', `entitlements/check?customer=${customer}&feature=${feature}${more}`, undefined, {
    authorization: `Bearer ${tenant.secretKey}`,
  });

async function customer(name: string): Promise<string> {
  const { status } = await tenant.asServer('POST', 'customers', { external_id: name });
  expect(status).toBe(201);
  return name;
}

describe('a check', () => {
  it('of a feature that does not exist is 404, also for an unknown customer: a typo must not silently deny', async () => {
    await customer('typo');
    for (const who of ['typo', 'nobody']) {
      for (const feature of ['exprots', 'constructor']) {
        const { status, body } = await check(who, feature);
        expect(status).toBe(404);
        expect(body['error']).toMatchObject({ code: 'feature_not_found' });
      }
    }
  });

  it('of a customer that does not exist is an answer, not an error', async () => {
    const { status, body } = await check('nobody', 'exports');
    expect(status).toBe(200);
    expect(body).toMatchObject({ allowed: false, reason: 'customer_not_found', degraded: false });
  });

  it('refuses a requirement that is no number', async () => {
    for (const required of ['-1', 'NaN', 'many', '1e308', '', '%20']) {
      expect((await check('nobody', 'exports', `&required=${required}`)).status).toBe(422);
    }
  });

  it('adds up the limits of several grants, and unlimited wins', async () => {
    await customer('several');
    await grant(stack, tenant, { customer: 'several', feature: 'api_calls', limit: 100 });
    await grant(stack, tenant, { customer: 'several', feature: 'api_calls', limit: 50 });
    expect((await check('several', 'api_calls')).body).toMatchObject({ limit: 150, remaining: 150 });
    await grant(stack, tenant, { customer: 'several', feature: 'api_calls', limit: null });
    expect((await check('several', 'api_calls')).body).toMatchObject({ limit: null, allowed: true });
  });

  it('gives the value of the highest plan', async () => {
    await customer('values');
    await grant(stack, tenant, { customer: 'values', feature: 'retention', value: '30', rank: 1 });
    await grant(stack, tenant, { customer: 'values', feature: 'retention', value: '90', rank: 2 });
    expect((await check('values', 'retention')).body).toMatchObject({ allowed: true, value: '90' });
  });

  it('denies what is withheld, unless another grant gives it', async () => {
    await customer('withheld');
    await grant(stack, tenant, { customer: 'withheld', feature: 'exports', suspended: true });
    expect((await check('withheld', 'exports')).body).toMatchObject({ allowed: false, reason: 'past_due' });
    await grant(stack, tenant, { customer: 'withheld', feature: 'exports' });
    expect((await check('withheld', 'exports')).body).toMatchObject({ allowed: true });
  });

  it('answers the same by our id as by the merchant’s', async () => {
    await customer('by-id');
    const { customer_id: id } = await grant(stack, tenant, { customer: 'by-id', feature: 'exports' });
    for (const reference of ['by-id', 'external:by-id', id]) {
      expect((await check(reference, 'exports')).body).toMatchObject({ allowed: true });
    }
  });

  it('counts usage from the moment it was accepted', async () => {
    await customer('counting');
    await grant(stack, tenant, { customer: 'counting', feature: 'api_calls', limit: 10, overage: 'block' });
    for (let used = 0; used <= 10; used++) {
      expect((await check('counting', 'api_calls')).body).toMatchObject({ used, allowed: used < 10 });
      await tenant.asServer('POST', 'usage/track', {
        idempotency_key: `counting-${used}`,
        customer: 'counting',
        meter: 'api_calls',
        value: 1,
      });
    }
  });
});

describe('with a default plan', () => {
  it('an unknown customer and one without a subscription have what it grants', async () => {
    const other = await stack.newTenant();
    await other.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
    await other.asServer('POST', 'plans', {
      key: 'free',
      name: 'Free',
      prices: [],
      features: [{ feature: 'exports' }],
    });
    await stack.database.owner.query(
      `update environments set default_plan_id = (select id from plans where environment_id = $1) where id = $1`,
      [other.environment_id],
    );
    const ask = (who: string) => other.asServer('GET', `entitlements/check?customer=${who}&feature=exports`);
    expect((await ask('nobody')).body).toMatchObject({ allowed: true, reason: null });
    await other.asServer('POST', 'customers', { external_id: 'free-user' });
    expect((await ask('free-user')).body).toMatchObject({ allowed: true });
  });

  it('an id of ours that is nobody’s has nothing, and nothing is taken or held for it', async () => {
    const other = await stack.newTenant();
    await other.asServer('POST', 'features', { key: 'api_calls', name: 'API calls', type: 'metered' });
    await other.asServer('POST', 'plans', {
      key: 'free',
      name: 'Free',
      prices: [],
      features: [{ feature: 'api_calls', limit: 100 }],
    });
    expect((await other.asServer('PATCH', 'default-plan', { plan: 'free' })).status).toBe(200);
    const nobody = { customer: `cus_${'0'.repeat(32)}`, feature: 'api_calls' };

    const answers = [
      await other.asServer('GET', `entitlements/check?customer=${nobody.customer}&feature=api_calls`),
      await other.asServer('POST', 'entitlements/consume', { ...nobody, idempotency_key: 'nobody' }),
      await other.asServer('POST', 'entitlements/reservations', nobody),
    ];

    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect(body).toMatchObject({ allowed: false, reason: 'customer_not_found' });
    }
    const stranger = { ...nobody, customer: 'stranger', idempotency_key: 'stranger' };
    expect((await other.asServer('POST', 'entitlements/consume', stranger)).body).toMatchObject({
      allowed: true,
      remaining: 99,
    });
  });
});

describe('while something is away', () => {
  it('Stripe: a customer of whom it may know more is answered within a second, marked degraded', async () => {
    await tenant.asServer('POST', 'customers', { external_id: 'doubtful', email: 'd@example.com' });
    const checkout = await tenant.asServer('POST', 'checkout/sessions', {
      customer: 'doubtful',
      plan: 'pro',
      success_url: 'http://localhost/ok',
      cancel_url: 'http://localhost/no',
    });
    expect(checkout.status).toBe(201);
    const held = stack.emulator.hold({ path: '/v1/*', times: 100 });
    const began = performance.now();
    const { status, body } = await check('doubtful', 'exports');
    const took = performance.now() - began;
    held.release();

    expect(status).toBe(200);
    expect(body).toMatchObject({ allowed: false, reason: 'not_entitled', degraded: true });
    expect(took).toBeLessThan(1_500);
    await expect
      .poll(async () => (await check('doubtful', 'exports')).body['degraded'], { timeout: 10_000 })
      .toBe(false);
  });

  describe('a dependency of one instance', () => {
    let redis: Proxy;
    let postgres: Proxy;
    let instance: TestApi;
    beforeAll(async () => {
      redis = await startProxy(process.env['REDIS_URL'] ?? '');
      postgres = await startProxy(stack.database.apiUrl);
      instance = await stack.another({ REDIS_URL: redis.url, DATABASE_URL: postgres.url });
      await customer('away');
      await grant(stack, tenant, { customer: 'away', feature: 'exports' });
    });
    afterAll(async () => {
      await instance.close();
      await redis.close();
      await postgres.close();
    });

    it('Redis cut: Postgres answers, and Redis again when it is back', async () => {
      redis.cut();
      for (let i = 0; i < 5; i++) {
        expect((await check('away', 'exports', '', instance)).body).toMatchObject({ allowed: true });
      }
      redis.restore();
      await expect.poll(() => instance.app.get(Redis).ping(), { timeout: 5_000 }).toBe(true);
      expect((await check('away', 'exports', '', instance)).body).toMatchObject({ allowed: true });
    });

    it('Redis silent: Postgres answers, and the wait is bounded', async () => {
      redis.hang();
      const began = performance.now();
      expect((await check('away', 'exports', '', instance)).body).toMatchObject({ allowed: true });
      expect(performance.now() - began).toBeLessThan(1_500);
      redis.restore();
      await expect.poll(() => instance.app.get(Redis).ping(), { timeout: 5_000 }).toBe(true);
    });

    it('Postgres cut: what Redis holds is answered, for what it does not hold the feature’s policy stands', async () => {
      expect((await check('away', 'exports', '', instance)).status).toBe(200);
      postgres.cut();
      expect((await check('away', 'exports', '', instance)).body).toMatchObject({ allowed: true });
      const { status, body } = await check('never-asked', 'exports', '', instance);
      expect(status).toBe(200);
      expect(body).toMatchObject({ allowed: false, reason: 'outage', degraded: true });
      const typo = await check('never-asked', 'exprots', '', instance);
      expect(typo.status).toBe(503);
      expect(typo.headers['retry-after']).toBe('1');
      postgres.restore();
      await expect
        .poll(async () => (await check('never-asked', 'exports', '', instance)).body, { timeout: 5_000 })
        .toMatchObject({ reason: 'customer_not_found', degraded: false });
    });

    it('Postgres silent: cached answers are not slowed down, others are the policy’s within a bound', async () => {
      expect((await check('away', 'exports', '', instance)).status).toBe(200);
      postgres.hang();
      const began = performance.now();
      expect((await check('away', 'exports', '', instance)).body).toMatchObject({ allowed: true });
      expect(performance.now() - began).toBeLessThan(1_000);
      expect((await check('never-asked', 'exports', '', instance)).body).toMatchObject({ reason: 'outage' });
      expect(performance.now() - began).toBeLessThan(4_000);
      postgres.restore();
      await expect
        .poll(async () => (await check('never-asked', 'exports', '', instance)).body, { timeout: 8_000 })
        .toMatchObject({ reason: 'customer_not_found', degraded: false });
      expect(instance.app.get(Database).isTransactionOpen).toBe(false);
    }, 30_000);

    // INV-16
    it('Postgres and Redis silent: a check is the policy’s and a report a 503 within three seconds, and nothing is lost or counted twice', async () => {
      await tenant.asServer('POST', 'customers', { external_id: 'silence' });
      await grant(stack, tenant, { customer: 'silence', feature: 'api_calls', limit: 10, overage: 'block' });
      const track = (): Promise<Answer> =>
        instance.send(
          'POST',
          'usage/track',
          { idempotency_key: 'silence-1', customer: 'silence', meter: 'api_calls', value: 1 },
          { authorization: `Bearer ${tenant.secretKey}` },
        );
      postgres.hang();
      redis.hang();
      try {
        const began = performance.now();
        const [checked, tracked] = await Promise.all([check('silence', 'api_calls', '', instance), track()]);
        expect(performance.now() - began).toBeLessThan(3_000);
        expect(checked).toMatchObject({ status: 200, body: { allowed: false, reason: 'outage' } });
        expect(tracked.status).toBe(503);
        expect(tracked.body['error']).toMatchObject({ code: 'service_unavailable' });
        expect(tracked.headers['retry-after']).toBe('1');
      } finally {
        postgres.restore();
        redis.restore();
      }
      await expect.poll(async () => (await track()).status, { timeout: 8_000 }).toBe(200);
      await expect
        .poll(async () => (await check('silence', 'api_calls', '', instance)).body['used'], {
          timeout: 8_000,
        })
        .toBe(1);
    }, 30_000);
  });
});
