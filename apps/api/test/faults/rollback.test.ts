import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../src/platform/database/database.ts';
import { Redis } from '../../src/platform/redis.ts';
import { Connections } from '../../src/stripe/connections.ts';
import { Intents } from '../../src/stripe/intents.ts';
import { createProduct } from '../../src/stripe/stripe.catalog.ts';
import { StripeClients } from '../../src/stripe/stripe.client.ts';
import { OtherCallUnderWay, PaymentFailed, StripeUnavailable } from '../../src/stripe/stripe.errors.ts';
import type { Send, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

const planBody = {
  key: 'pro',
  name: 'Pro',
  prices: [{ amount: 1_900, currency: 'usd', interval: 'month' }],
  features: [{ feature: 'exports' }],
};

const productIntent = { kind: 'test.product', params: z.object({ name: z.string() }) };
let settled: string[] = [];

let stack: TestStack;
let tenant: Tenant;
beforeAll(async () => {
  stack = await startStack({ webhooks: false, worker: false });
  tenant = await stack.newConnectedTenant();
  await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  stack.app.get(Intents).register({
    ...productIntent,
    call: async ({ name }, { environment_id: environmentId, idempotency_key: key }) =>
      createProduct(
        await stack.app.get(Connections).of(environmentId),
        { id: 'plan_test', name, description: null },
        { idempotency_key: key },
      ),
    recover: 'give_up',
    settle: async (_, { name }) => {
      settled.push(name);
    },
  });
});
afterAll(() => stack.close());

const tables = [
  'customers',
  'features',
  'plans',
  'subscriptions',
  'audit_log',
  'outbox',
  'stripe_intents',
  'entitlements',
];

/** From now on a transaction that writes one of these fails when it commits. Answers how to make that stop. */
async function failCommits(names: readonly string[]): Promise<() => Promise<void>> {
  await stack.database.owner.query(`
    create function public.fail_commit() returns trigger language plpgsql as $$ begin raise exception 'lost at commit'; end $$;
    ${names
      .map(
        (name) => `create constraint trigger fail_commit after insert or update on public.${name}
                   deferrable initially deferred for each row execute function public.fail_commit();`,
      )
      .join('\n')}
  `);
  return async () => {
    await stack.database.owner.query('drop function public.fail_commit() cascade');
  };
}

/** Everything that could have left: rows, what Redis holds, what Stripe was sent. */
async function world(): Promise<unknown> {
  const counts: Record<string, unknown> = {};
  for (const name of tables) {
    const { rows } = await stack.database.owner.query(`select count(*)::int as rows from ${name}`);
    counts[name] = rows[0];
  }
  const redis = stack.app.get(Redis).client;
  // Requests are counted whatever becomes of them.
  const keys = (await redis.keys('*')).filter((key) => !/^(requests|rate):/.test(key)).sort();
  return {
    counts,
    cache: await Promise.all(keys.map(async (key) => [key, (await redis.dumpBuffer(key))?.toString('hex')])),
    stripe: stack.emulator.requests().filter(({ method }) => method !== 'GET').length,
  };
}

describe('a transaction that fails when it commits', () => {
  const requests: [string, (as: { server: Send; owner: Send }) => ReturnType<Send>][] = [
    ['making a customer', ({ server }) => server('POST', 'customers', { external_id: 'lost' })],
    ['changing a customer', ({ server }) => server('PATCH', 'customers/known', { name: 'Lost' })],
    [
      'making a feature',
      ({ server }) => server('POST', 'features', { key: 'lost', name: 'L', type: 'metered' }),
    ],
    ['publishing a plan', ({ server }) => server('POST', 'plans', { ...planBody, key: 'lost' })],
    ['choosing a default plan', ({ server }) => server('PATCH', 'default-plan', { plan: 'kept' })],
    ['making a key', ({ owner }) => owner('POST', 'api-keys', { name: 'lost', type: 'secret' })],
    [
      'subscribing',
      ({ server }) =>
        server('POST', 'subscriptions', { customer: 'known', plan: 'kept', payment_method: 'pm_card_visa' }),
    ],
    [
      'opening a checkout',
      ({ server }) =>
        server('POST', 'checkout/sessions', {
          customer: 'known',
          plan: 'kept',
          success_url: 'http://localhost/a',
          cancel_url: 'http://localhost/b',
        }),
    ],
  ];

  beforeAll(async () => {
    await tenant.asServer('POST', 'customers', { external_id: 'known' });
    await tenant.asServer('POST', 'plans', { ...planBody, key: 'kept' });
    // Fills the cache.
    await tenant.asServer('GET', 'entitlements/check?customer=known&feature=exports');
  });

  // INV-47
  it.each(requests)(
    'of %s leaves no row, no job, no cache entry and no call to Stripe',
    async (_, request) => {
      const before = await world();
      const repair = await failCommits(tables);
      const answer = await request({ server: tenant.asServer, owner: tenant.asOwner });
      await repair();
      expect(answer.status).toBe(500);
      expect(await world()).toEqual(before);
    },
  );

  it('after Stripe has made the subscription is healed by the job that was written first', async () => {
    const { asServer } = tenant;
    const repair = await failCommits(['subscriptions', 'entitlements']);
    const body = { customer: 'known', plan: 'kept', payment_method: 'pm_card_visa' };
    expect((await asServer('POST', 'subscriptions', body)).status).toBe(500);
    expect((await asServer('GET', 'subscriptions?customer=known')).body['data']).toEqual([]);
    await repair();
    await stack.startWorker();
    stack.passTime(31);
    await stack.settle();
    await stack.stopWorker();
    stack.passTime(-31);
    const check = await asServer('GET', 'entitlements/check?customer=known&feature=exports');
    expect(check.body).toMatchObject({ allowed: true });
    expect((await asServer('GET', 'subscriptions?customer=known')).body['data']).toHaveLength(1);
  });
});

describe('a call to Stripe', () => {
  const perform = (key: string, name: string) =>
    stack.app.get(Intents).perform(tenant.environment_id, productIntent, key, { name });
  const calls = () =>
    stack.emulator.requests().filter(({ method, path }) => method === 'POST' && path === '/v1/products');
  const intent = async (key: string) => {
    const { rows } = await stack.database.owner.query(
      'select state, attempt, stripe_object_id, error from stripe_intents where kind = $1 and dedupe_key = $2',
      [productIntent.kind, key],
    );
    return rows;
  };

  it('is refused while a transaction is open', async () => {
    const stripe = stack.app.get(StripeClients).of('test');
    const before = stack.emulator.requests().length;
    await expect(
      stack.app.get(Database).tenant(tenant.environment_id, () => stripe.customers.create({})),
    ).rejects.toThrow('connection to Stripe');
    expect(stack.emulator.requests().length).toBe(before);
    await stripe.customers.create({});
    expect(stack.emulator.requests().length).toBe(before + 1);
  });

  it('that many wish at once takes effect once', async () => {
    settled = [];
    stack.emulator.forgetRequests();
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => perform('at-once', 'Once')));
    const ids = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(new Set(ids).size).toBe(1);
    for (const outcome of outcomes) {
      // Stripe refuses a key that is at work: then nobody knows, and the wish goes on.
      expect(outcome.status === 'fulfilled' || outcome.reason instanceof StripeUnavailable).toBe(true);
    }
    expect(settled).toEqual(['Once']);
    expect(new Set(calls().map((call) => call.idempotency_key)).size).toBe(1);
    expect(calls().filter(({ status, replayed }) => status === 200 && !replayed)).toHaveLength(1);
    expect(await intent('at-once')).toEqual([
      expect.objectContaining({ state: 'succeeded', stripe_object_id: ids[0] }),
    ]);
  });

  it('is not made again for a wish that was granted, and not with other values', async () => {
    const id = await perform('granted', 'First');
    stack.emulator.forgetRequests();
    expect(await perform('granted', 'First')).toBe(id);
    await expect(perform('granted', 'Second')).rejects.toThrow(OtherCallUnderWay);
    expect(calls()).toEqual([]);
  });

  it('that was refused is tried anew, with what is asked for now and another key', async () => {
    stack.emulator.forgetRequests();
    // Stripe wants a name.
    await expect(perform('refused', '')).rejects.toThrow('Stripe refused');
    expect(await intent('refused')).toEqual([expect.objectContaining({ state: 'failed', attempt: 1 })]);
    const id = await perform('refused', 'With a name');
    expect(await intent('refused')).toEqual([
      { state: 'succeeded', attempt: 2, stripe_object_id: id, error: null },
    ]);
    expect(new Set(calls().map((call) => call.idempotency_key)).size).toBe(2);
  });

  it('that is declined tells so, changes nothing, and another card pays', async () => {
    const { asServer } = tenant;
    await asServer('POST', 'customers', { external_id: 'declined' });
    const wish = { customer: 'declined', plan: 'kept' };
    const refused = await asServer('POST', 'subscriptions', {
      ...wish,
      payment_method: 'pm_card_chargeCustomerFail',
    });
    expect(refused).toMatchObject({ status: 409, body: { error: { code: PaymentFailed.facts.code } } });
    const check = await asServer('GET', 'entitlements/check?customer=declined&feature=exports');
    expect(check.body).toMatchObject({ allowed: false });
    const paid = await asServer('POST', 'subscriptions', { ...wish, payment_method: 'pm_card_visa' });
    expect(paid).toMatchObject({ status: 201, body: { status: 'active' } });
  });
});
