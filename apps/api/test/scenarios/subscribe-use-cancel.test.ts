import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type TestStack } from '../fixtures/stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

describe('a customer subscribes, uses and cancels', () => {
  it('has the features while it lasts, and its use reaches the Stripe meter', async () => {
    const tenant = await stack.newConnectedTenant();
    const { asServer, asOwner } = tenant;
    await asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
    await asServer('POST', 'features', { key: 'api_calls', name: 'API calls', type: 'metered' });
    const plan = await asServer('POST', 'plans', {
      key: 'pro',
      name: 'Pro',
      prices: [{ amount: 1_900, currency: 'usd', interval: 'month' }],
      features: [{ feature: 'exports' }, { feature: 'api_calls', limit: 1_000 }],
    });
    expect(plan.status).toBe(201);
    await stack.settle();
    await asServer('POST', 'customers', { external_id: 'user_42', email: 'ada@example.com' });
    const check = async (feature: string) =>
      (await asServer('GET', `entitlements/check?customer=user_42&feature=${feature}`)).body;

    expect(await check('exports')).toMatchObject({ allowed: false, reason: 'not_entitled' });

    const subscribed = await asServer('POST', 'subscriptions', {
      customer: 'user_42',
      plan: 'pro',
      payment_method: 'pm_card_visa',
    });
    expect(subscribed.body).toMatchObject({ status: 'active', plan: { key: 'pro' } });
    expect(await check('exports')).toMatchObject({ allowed: true, reason: null });

    const tracked = await asServer('POST', 'usage/track', {
      idempotency_key: 'k1',
      customer: 'user_42',
      meter: 'api_calls',
      value: 40,
    });
    expect(tracked.body).toMatchObject({ status: 'accepted' });
    expect(await check('api_calls')).toMatchObject({ allowed: true, used: 40, limit: 1_000, remaining: 960 });

    const { stripe, account } = await stack.stripeOf(tenant);
    await expect
      .poll(
        async () => {
          const [meter] = (await stripe.billing.meters.list({}, { stripeAccount: account })).data;
          const customer = (await asServer('GET', 'customers/user_42')).body['stripe_customer_id'];
          const now = Math.floor(Date.now() / 60_000) * 60;
          const summaries = await stripe.billing.meters.listEventSummaries(
            meter?.id ?? '',
            { customer, start_time: now - 3_600, end_time: now + 60 },
            { stripeAccount: account },
          );
          return summaries.data.reduce((sum, summary) => sum + summary.aggregated_value, 0);
        },
        { timeout: 10_000, interval: 300 },
      )
      .toBe(40);

    const canceled = await asServer('POST', `subscriptions/${subscribed.body['id']}/cancel`, { when: 'now' });
    expect(canceled.body).toMatchObject({ status: 'canceled' });
    expect(await check('exports')).toMatchObject({ allowed: false, reason: 'not_entitled' });
    await stack.settle();
    expect((await asOwner('GET', 'jobs?state=failed')).body['data']).toEqual([]);
    expect((await asOwner('GET', 'webhook-events?state=failed')).body['data']).toEqual([]);
  });
});
