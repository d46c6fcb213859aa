import {
  AuthenticationError,
  BillingOS,
  ConflictError,
  type Customer,
  InvalidRequestError,
  NotFoundError,
  PermissionError,
} from '@billingos/sdk';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startStack, type TestStack } from './fixtures/stack.ts';

let stack: TestStack;
let baseUrl: string;
let billing: BillingOS;
beforeAll(async () => {
  stack = await startStack();
  baseUrl = await stack.app.getUrl();
});
afterEach(() => billing.close());
afterAll(() => stack.close());

/** A client of a new tenant, whose catalog has a plan with a boolean and a metered feature. */
async function clientWithPlan(): Promise<BillingOS> {
  const { secretKey } = await stack.newConnectedTenant();
  const client = new BillingOS({ secretKey, baseUrl, onUsageError: () => undefined });
  await client.features.create({ key: 'exports', name: 'Exports', type: 'boolean' });
  await client.features.create({ key: 'api_calls', name: 'API calls', type: 'metered' });
  await client.plans.create({
    key: 'pro',
    name: 'Pro',
    prices: [{ amount: 4_900, currency: 'usd', interval: 'month' }],
    features: [{ feature: 'exports' }, { feature: 'api_calls', limit: 100 }],
  });
  await stack.settle();
  return client;
}

async function clientOfNewTenant(): Promise<BillingOS> {
  const { secretKey } = await stack.newTenant();
  return new BillingOS({ secretKey, baseUrl, onUsageError: () => undefined });
}

describe('the SDK against the API', () => {
  it('keeps the catalog', async () => {
    billing = await clientWithPlan();
    const meter = await billing.meters.create({ key: 'seats', name: 'Seats', aggregation: 'sum' });

    expect(await billing.meters.retrieve('seats')).toEqual(meter);
    expect((await billing.meters.list()).data.map(({ key }) => key)).toContain('api_calls');
    expect(await billing.features.retrieve('api_calls')).toMatchObject({
      type: 'metered',
      meter: 'api_calls',
    });
    expect((await billing.features.list()).data.map(({ key }) => key).toSorted()).toEqual([
      'api_calls',
      'exports',
    ]);
    const plan = await billing.plans.retrieve('pro');
    expect(plan.prices).toMatchObject([{ amount: { amount: 4_900, currency: 'usd' }, interval: 'month' }]);
    expect((await billing.plans.list()).data).toEqual([plan]);
  });

  it('keeps customers, and lists them page after page', async () => {
    billing = await clientOfNewTenant();
    for (const external_id of ['user_1', 'user_2', 'user_3']) {
      await billing.customers.create({ external_id });
    }
    const updated = await billing.customers.update('user_2', { name: 'Ada', metadata: { tier: 'gold' } });

    expect(await billing.customers.retrieve(updated.id)).toEqual(updated);
    const listed: Customer[] = [];
    for await (const customer of billing.customers.list({ limit: 1 })) {
      listed.push(customer);
    }
    expect(listed.map(({ external_id }) => external_id)).toEqual(['user_3', 'user_2', 'user_1']);
    const page = await billing.customers.list({ limit: 2 });
    expect(page).toMatchObject({ has_more: true, next_cursor: expect.any(String) });
    expect((await billing.customers.list({ search: 'ada' })).data).toEqual([updated]);
  });

  it('finds customers whose own ids are hard to put into an address', async () => {
    billing = await clientOfNewTenant();

    for (const external_id of ['a/b', 'a%2Fb', 'ä ö?x=1#y', 'user,1', '+1 555']) {
      const created = await billing.customers.create({ external_id });
      expect(await billing.customers.retrieve(external_id)).toEqual(created);
      expect(await billing.getSubscription(external_id)).toBeNull();
    }
  });

  it('sells, gates and ends a subscription', async () => {
    billing = await clientWithPlan();
    await billing.customers.create({ external_id: 'user_42', email: 'ada@example.com' });
    expect(await billing.hasFeature('user_42', 'exports')).toBe(false);
    expect(await billing.check('nobody', 'exports')).toMatchObject({
      allowed: false,
      reason: 'customer_not_found',
    });

    const subscription = await billing.subscriptions.create({
      customer: 'user_42',
      plan: 'pro',
      payment_method: 'pm_card_visa',
    });

    expect(subscription).toMatchObject({ status: 'active', plan: { key: 'pro' } });
    expect(await billing.hasFeature('user_42', 'exports')).toBe(true);
    expect(await billing.check('user_42', 'api_calls', { required: 101 })).toMatchObject({
      allowed: false,
      reason: 'limit_reached',
      remaining: 100,
      degraded: false,
    });
    expect(await billing.entitlements.check({ customer: 'user_42', feature: 'exports' })).toMatchObject({
      allowed: true,
    });
    const { features } = await billing.entitlements.ofCustomer('user_42');
    expect(features.map(({ feature }) => feature).toSorted()).toEqual(['api_calls', 'exports']);
    expect(await billing.getSubscription('user_42')).toMatchObject({ id: subscription.id });
    expect(await billing.subscriptions.retrieve(subscription.id)).toMatchObject({ status: 'active' });

    const canceling = await billing.subscriptions.cancel(subscription.id);
    expect(canceling).toMatchObject({ status: 'active', cancel_at: expect.any(String) });
    expect(await billing.hasFeature('user_42', 'exports')).toBe(true);
    await billing.subscriptions.cancel(subscription.id, { when: 'now' });
    expect(await billing.hasFeature('user_42', 'exports')).toBe(false);
    expect(await billing.getSubscription('user_42')).toBeNull();
    expect((await billing.subscriptions.list({ customer: 'user_42', status: 'canceled' })).data).toHaveLength(
      1,
    );
  });

  it('opens a checkout page', async () => {
    billing = await clientWithPlan();
    await billing.customers.create({ external_id: 'user_42', email: 'ada@example.com' });

    const session = await billing.checkout.createSession({
      customer: 'user_42',
      plan: 'pro',
      success_url: 'http://localhost/done',
      cancel_url: 'http://localhost/pricing',
    });

    expect(Date.parse(session.expires_at)).toBeGreaterThan(Date.now());
    const page = await fetch(session.url ?? '');
    expect(await page.text()).toContain('49.00');
  });

  it('counts usage once for each key', async () => {
    billing = await clientWithPlan();

    const tracked = await Promise.all([
      billing.trackUsage('user_42', 'api_calls', 2, { idempotencyKey: 'job_7' }),
      billing.trackUsage('user_42', 'api_calls', 2, { idempotencyKey: 'job_7' }),
      billing.trackUsage('user_42', 'api_calls', 0.5, { properties: { region: 'eu', retried: false } }),
      billing.trackUsage('user_42', 'api_calls'),
    ]);
    const again = await billing.trackUsage('user_42', 'api_calls', 2, { idempotencyKey: 'job_7' });

    expect(tracked.map(({ status }) => status)).toEqual(['accepted', 'duplicate', 'accepted', 'accepted']);
    expect(again).toEqual({ ...tracked[0], status: 'duplicate' });
    expect((await billing.usage.list({ customer: 'user_42', meter: 'api_calls' })).data).toMatchObject([
      { value: 3.5, event_count: 3 },
    ]);
  });

  it('reports which usage was not counted, and counts what was beside it', async () => {
    billing = await clientWithPlan();
    await billing.trackUsage('user_42', 'api_calls', 1, { idempotencyKey: 'job_7' });

    const settled = await Promise.allSettled([
      billing.trackUsage('user_42', 'api_calls', 5, { idempotencyKey: 'job_7' }),
      billing.trackUsage('user_42', 'no_such_meter'),
      billing.trackUsage('user_42', 'api_calls', -1),
      billing.trackUsage('user_42', 'api_calls', Number.NaN),
      billing.trackUsage('user_42', 'api_calls', 1, { occurredAt: new Date(0) }),
      billing.trackUsage('user_42', 'api_calls', 1, { occurredAt: 'yesterday' }),
      billing.trackUsage('user_42', 'api_calls', 10),
    ]);

    expect(settled.map((result) => (result.status === 'rejected' ? result.reason.code : 'accepted'))).toEqual(
      [
        'idempotency_conflict',
        'meter_unknown',
        'invalid_request',
        'invalid_request',
        'event_time_out_of_range',
        'invalid_request',
        'accepted',
      ],
    );
    expect(settled[0]).toMatchObject({ reason: expect.any(ConflictError) });
    expect(settled[1]).toMatchObject({ reason: expect.any(InvalidRequestError) });
    expect((await billing.usage.list({ customer: 'user_42' })).data).toMatchObject([
      { value: 11, event_count: 2 },
    ]);
  });

  it('takes, credits, caps, keys and looks back as its README shows', async () => {
    billing = await clientWithPlan();
    await billing.customers.create({ external_id: 'user_42', email: 'ada@example.com' });
    await billing.subscriptions.create({ customer: 'user_42', plan: 'pro', payment_method: 'pm_card_visa' });
    const take = () => billing.consume('user_42', 'api_calls', 5, { idempotencyKey: 'job_7' });

    expect([await take(), await take()]).toMatchObject([
      { allowed: true, remaining: 95 },
      { allowed: true, remaining: 95 },
    ]);
    expect(await billing.consume('user_42', 'api_calls', 96)).toMatchObject({
      allowed: false,
      reason: 'limit_reached',
      event_id: null,
    });

    await billing.credits.grant('user_42', { quantity: 500 });
    expect(await billing.credits.balance('user_42')).toMatchObject({ balance: 500 });
    await billing.credits.createPack({
      key: 'small',
      name: 'Small',
      credits: 500,
      amount: 1_000,
      currency: 'usd',
    });
    const link = await billing.credits.createTopUpLink('user_42');
    expect(link.url).toMatch(/^http/);

    const cap = await billing.customers.setSpendCap('user_42', { amount: 10_000, currency: 'usd' });
    expect(cap.own).toMatchObject({ amount: 10_000 });

    const { secret } = await billing.keys.create({ customer: 'user_42', name: 'Production' });
    expect(await billing.keys.verify({ key: secret, feature: 'api_calls' })).toMatchObject({
      valid: true,
      quota: { remaining: 95 },
    });

    await billing.logRequest({ endpoint: '/users/7', method: 'GET', status_code: 200, response_time_ms: 3 });
    await vi.waitFor(async () => {
      await stack.settle();
      const { totals, top } = await billing.requests.summary({ group_by: 'endpoint' });
      expect(totals.calls).toBe(1);
      expect(top).toMatchObject([{ value: '/users/:id', calls: 1 }]);
      const { groups } = await billing.usage.explore({ meter: 'api_calls', group_by: 'customer' });
      expect(groups).toMatchObject([{ value: 5 }]);
    }, 20_000);
  });

  it('sends usage at once where the caller wants that', async () => {
    billing = await clientWithPlan();
    const event = { idempotency_key: 'job_7', customer: 'user_42', meter: 'api_calls', value: 1 };

    expect(await billing.usage.track(event)).toMatchObject({ status: 'accepted' });
    const { results } = await billing.usage.trackBatch([
      event,
      { ...event, idempotency_key: 'x', meter: 'none' },
    ]);

    expect(results).toMatchObject([
      { status: 'duplicate' },
      { status: 'rejected', error: { code: 'meter_unknown' } },
    ]);
    await expect(billing.usage.track({ ...event, value: 2 })).rejects.toBeInstanceOf(ConflictError);
  });

  it('does once what is asked twice with the same idempotency key', async () => {
    billing = await clientOfNewTenant();
    const options = { idempotencyKey: 'signup 7' };

    const [first, second] = await Promise.all([
      billing.customers.create({ external_id: 'user_42' }, options),
      billing.customers.create({ external_id: 'user_42' }, options),
    ]);

    expect(second).toEqual(first);
    await expect(billing.customers.create({ external_id: 'user_43' }, options)).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
  });

  it('throws what the API refuses, with where to read about it', async () => {
    billing = await clientOfNewTenant();

    await expect(billing.hasFeature('user_42', 'expotrs')).rejects.toBeInstanceOf(NotFoundError);
    await expect(billing.customers.create({ email: 'no address' })).rejects.toBeInstanceOf(
      InvalidRequestError,
    );
    const error = await billing.customers.retrieve('nobody').catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      name: 'NotFoundError',
      code: 'customer_not_found',
      status: 404,
      requestId: expect.stringMatching(/^req_/),
      docUrl: expect.stringMatching(/^http.*#customer_not_found$/),
    });
  });

  it('is refused with a key that is none, and with a publishable one beyond the plans', async () => {
    const { asOwner } = await stack.newTenant();
    const key = await asOwner('POST', 'api-keys', { name: 'web', type: 'publishable' });
    billing = new BillingOS({ secretKey: `bos_sk_test_${'a'.repeat(39)}`, baseUrl });
    const inWebPage = new BillingOS({ publishableKey: String(key.body['secret']), baseUrl });

    await expect(billing.plans.list()).rejects.toBeInstanceOf(AuthenticationError);
    expect((await inWebPage.plans.list()).data).toEqual([]);
    await expect(inWebPage.customers.list()).rejects.toBeInstanceOf(PermissionError);
  });
});
