import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Redis } from '../../src/platform/redis.ts';
import type { Tenant } from '../fixtures/api.ts';
import { buildApi, startProcess } from '../fixtures/process.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

// INV-44: an intent is committed before Stripe is called, and whoever comes after a crash ends it with the same key.

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack({ webhooks: false });
  await buildApi();
}, 180_000);
afterAll(() => stack.close());

/** Longer than the resuming job waits for the request that wrote it. */
const resumeAfterSeconds = 31;

/** Sends a request to an API process, kills it while Stripe's answer is held, and lets a new worker heal. */
async function killDuring(
  tenant: Tenant,
  held: { path: string; phase: 'before' | 'after' },
  request: { path: string; body: unknown; headers?: Record<string, string> },
  beforeHealing: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const api = await startProcess('main');
  const hold = stack.emulator.hold({ method: 'POST', ...held });
  const answer = fetch(`${api.url}/api/v1/${request.path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${tenant.secretKey}`,
      ...request.headers,
    },
    body: JSON.stringify(request.body),
  }).then(
    ({ status }) => status,
    () => 'cut off',
  );
  await hold.caught;
  await api.kill();
  expect(await answer).toBe('cut off');
  await beforeHealing();

  // The sender is gone: of an answer held back, nobody is there to hear it.
  if (held.phase === 'after') {
    hold.release();
  }
  stack.passTime(resumeAfterSeconds);
  await stack.settle();
  if (held.phase === 'before') {
    // What the killed process sent reaches Stripe only now, when the repetition has been there.
    hold.release();
    stack.passTime(resumeAfterSeconds);
    await stack.settle();
    stack.passTime(-resumeAfterSeconds);
  }
  // The next process that is started has the clock of this machine.
  stack.passTime(-resumeAfterSeconds);
}

async function intents(tenant: Tenant, kind: string) {
  const { rows } = await stack.database.owner.query<{
    state: string;
    stripe_object_id: string;
    attempt: number;
  }>('select state, stripe_object_id, attempt from stripe_intents where environment_id = $1 and kind = $2', [
    tenant.environment_id,
    kind,
  ]);
  return rows;
}

async function seller(): Promise<Tenant> {
  const tenant = await stack.newConnectedTenant();
  await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  await tenant.asServer('POST', 'plans', {
    key: 'pro',
    name: 'Pro',
    prices: [{ amount: 1_900, currency: 'usd', interval: 'month' }],
    features: [{ feature: 'exports' }],
  });
  await tenant.asServer('POST', 'customers', { external_id: 'user_1' });
  return tenant;
}

// Each starts a process, which takes its time on a busy machine.
const patience = { timeout: 90_000 };

describe('the API is killed while it waits for Stripe', patience, () => {
  it.each(['after', 'before'] as const)('makes one subscription, killed %s Stripe made it', async (phase) => {
    const tenant = await seller();
    await killDuring(
      tenant,
      { path: '/v1/subscriptions', phase },
      { path: 'subscriptions', body: { customer: 'user_1', plan: 'pro', payment_method: 'pm_card_visa' } },
    );

    const { account } = await stack.stripeOf(tenant);
    expect(stack.emulator.counts()[`test/${account}`]).toMatchObject({
      subscription: 1,
      customer: 1,
      charge: 1,
    });
    const [intent, ...others] = await intents(tenant, 'subscription.create');
    expect(intent).toMatchObject({ state: 'succeeded', attempt: 1 });
    expect(others).toEqual([]);
    const { body } = await tenant.asServer('GET', 'subscriptions?customer=user_1');
    expect(body['data']).toEqual([
      expect.objectContaining({ status: 'active', stripe_subscription_id: intent?.stripe_object_id }),
    ]);
    const check = await tenant.asServer('GET', 'entitlements/check?customer=user_1&feature=exports');
    expect(check.body).toMatchObject({ allowed: true });
    expect((await tenant.asOwner('GET', 'jobs?state=failed')).body['data']).toEqual([]);

    const again = await tenant.asServer('POST', 'subscriptions', { customer: 'user_1', plan: 'pro' });
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'already_subscribed' } } });
  });

  it('makes one customer on Stripe, even when its name changes before the repetition', async () => {
    const tenant = await seller();
    const body = { customer: 'user_1', plan: 'pro', payment_method: 'pm_card_visa' };
    await killDuring(tenant, { path: '/v1/customers', phase: 'after' }, { path: 'subscriptions', body }, () =>
      tenant.asServer('PATCH', 'customers/user_1', { name: 'Ada Lovelace', email: 'ada@example.com' }),
    );
    expect((await tenant.asServer('POST', 'subscriptions', body)).status).toBe(201);

    const { stripe, account } = await stack.stripeOf(tenant);
    const customers = await stripe.customers.list({}, { stripeAccount: account });
    expect(customers.data).toHaveLength(1);
    expect(customers.data[0]).toMatchObject({ name: 'Ada Lovelace', email: 'ada@example.com' });
    const ours = await tenant.asServer('GET', 'customers/user_1');
    expect(ours.body['stripe_customer_id']).toBe(customers.data[0]?.id);
  });

  it('makes one connected account', async () => {
    const tenant = await stack.newTenant();
    const accounts = () => stack.emulator.counts()['test/platform']?.['account'] ?? 0;
    const before = accounts();
    await killDuring(
      tenant,
      { path: '/v1/accounts', phase: 'after' },
      {
        path: 'stripe-account/connect',
        body: { return_url: 'http://localhost/return' },
        headers: {
          authorization: `Bearer ${tenant.token}`,
          'x-billingos-environment': tenant.environment_id,
        },
      },
    );

    expect(accounts() - before).toBe(1);
    const [intent] = await intents(tenant, 'account.create');
    expect(intent).toMatchObject({ state: 'succeeded' });
    const { body } = await tenant.asOwner('GET', 'stripe-account');
    expect(body).toMatchObject({ status: 'onboarding', stripe_account_id: intent?.stripe_object_id });
  });

  it('makes one checkout, which the same Idempotency-Key finds open', async () => {
    const tenant = await seller();
    const body = {
      customer: 'user_1',
      plan: 'pro',
      success_url: 'http://localhost/paid',
      cancel_url: 'http://localhost/left',
    };
    const headers = { 'idempotency-key': 'checkout-1' };
    await killDuring(
      tenant,
      { path: '/v1/checkout/sessions', phase: 'after' },
      { path: 'checkout/sessions', body, headers },
    );
    expect(await intents(tenant, 'checkout.create')).toEqual([
      expect.objectContaining({ state: 'succeeded' }),
    ]);

    // After the lease that the killed request held on its key.
    stack.passTime(61);
    const again = await tenant.asServer('POST', 'checkout/sessions', body, headers);
    stack.passTime(-61);
    expect(again).toMatchObject({ status: 201, body: { url: expect.stringContaining('http') } });
    const { account } = await stack.stripeOf(tenant);
    expect(stack.emulator.counts()[`test/${account}`]).toMatchObject({ 'checkout.session': 1 });
  });
});

// INV-22
describe('a worker is killed while it runs a job', patience, () => {
  it('hands the job to another worker', async () => {
    const tenant = await seller();
    const body = { customer: 'user_1', plan: 'pro', payment_method: 'pm_card_visa' };
    expect((await tenant.asServer('POST', 'subscriptions', body)).status).toBe(201);
    await stack.settle();
    await stack.stopWorker();
    const worker = await startProcess('worker');
    const hold = stack.emulator.hold({ method: 'POST', path: '/v1/products' });
    await tenant.asServer('POST', 'plans', {
      key: 'max',
      name: 'Max',
      prices: [{ amount: 9_900, currency: 'usd', interval: 'month' }],
      features: [{ feature: 'exports' }],
    });
    await hold.caught;
    await worker.kill();
    hold.release();

    // BullMQ's locks of the dead worker, and the outbox's lease, run out.
    const redis = stack.app.get(Redis).client;
    const locks = (await redis.keys('{jobs:*')).filter((key) => /:lock$|:stalled-check$/.test(key));
    expect(locks.length).toBeGreaterThan(0);
    await redis.del(...locks);
    stack.passTime(61);
    await stack.startWorker();
    await stack.settle();
    const { rows } = await stack.database.owner.query(
      `select name, state from outbox where environment_id = $1 and name = 'catalog.sync_plan' order by id`,
      [tenant.environment_id],
    );
    expect(rows).toEqual([
      { name: 'catalog.sync_plan', state: 'done' },
      { name: 'catalog.sync_plan', state: 'done' },
    ]);
    const { account } = await stack.stripeOf(tenant);
    expect(stack.emulator.counts()[`test/${account}`]).toMatchObject({
      product: 2,
      price: 2,
      subscription: 1,
    });
  });
});
