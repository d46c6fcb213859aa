import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ListEvents } from '../../src/modules/webhooks/list-events.ts';
import type { Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

let stack: TestStack;
beforeAll(async () => {
  // Nothing is ever delivered.
  stack = await startStack({ webhooks: false });
});
afterAll(() => stack.close());

async function subscribed(): Promise<Tenant & { subscriptions: string[] }> {
  const tenant = await stack.newConnectedTenant();
  await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  await tenant.asServer('POST', 'plans', {
    key: 'pro',
    name: 'Pro',
    prices: [{ amount: 1_900, currency: 'usd', interval: 'month' }],
    features: [{ feature: 'exports' }],
  });
  const subscriptions: string[] = [];
  for (const customer of ['user_1', 'user_2', 'user_3']) {
    await tenant.asServer('POST', 'customers', { external_id: customer });
    const { body } = await tenant.asServer('POST', 'subscriptions', {
      customer,
      plan: 'pro',
      payment_method: 'pm_card_visa',
    });
    subscriptions.push(body['stripe_subscription_id']);
  }
  await stack.settle();
  return { ...tenant, subscriptions };
}

const statuses = async (tenant: Tenant): Promise<Record<string, string>> => {
  const { body } = await tenant.asServer('GET', 'subscriptions');
  return Object.fromEntries(
    (body['data'] as { stripe_subscription_id: string; status: string }[]).map((one) => [
      one.stripe_subscription_id,
      one.status,
    ]),
  );
};

const eventCount = async (tenant: Tenant): Promise<number> => {
  const { rows } = await stack.database.owner.query<{ count: number }>(
    'select count(*)::int as count from webhook_events where environment_id = $1',
    [tenant.environment_id],
  );
  return rows[0]?.count ?? 0;
};

describe('events that Stripe did not deliver', () => {
  it('are fetched, taken over once, and looked for again without being stored twice', async () => {
    const tenant = await subscribed();
    const { stripe, account } = await stack.stripeOf(tenant);
    const list = () => stack.app.get(ListEvents).list(tenant.environment_id);
    const [first = '', second = ''] = tenant.subscriptions;
    await list();
    await stack.settle();

    await stripe.subscriptions.cancel(first, {}, { stripeAccount: account });
    expect(await statuses(tenant)).toMatchObject({ [first]: 'active' });
    expect(await list()).toBeGreaterThan(0);
    await stack.settle();
    expect(await statuses(tenant)).toMatchObject({ [first]: 'canceled', [second]: 'active' });

    const events = await eventCount(tenant);
    stack.passTime(16 * 60);
    expect(await list()).toBe(0);
    expect(await eventCount(tenant)).toBe(events);
    const failed = await tenant.asOwner('GET', 'webhook-events?state=failed');
    expect(failed.body['data']).toEqual([]);
  }, 60_000);

  it('are looked for by the sweep, of every account whose turn it is and no other', async () => {
    const tenant = await subscribed();
    const { stripe, account } = await stack.stripeOf(tenant);
    const sweep = () => stack.app.get(ListEvents).run();
    // The worker sweeps too: both together take each turn once.
    stack.passTime(16 * 60);
    await sweep();
    await stack.settle();
    const [first = ''] = tenant.subscriptions;
    await stripe.subscriptions.cancel(first, {}, { stripeAccount: account });

    await sweep();
    await stack.settle();
    expect(await statuses(tenant)).toMatchObject({ [first]: 'active' });

    stack.passTime(16 * 60);
    await sweep();
    await stack.settle();
    await expect.poll(() => statuses(tenant), { timeout: 20_000 }).toMatchObject({ [first]: 'canceled' });
  }, 60_000);

  it('are the only ones where Stripe cannot reach us: asked for every few seconds', async () => {
    const tenant = await subscribed();
    const polling = await stack.another({ STRIPE_EVENTS: 'poll' });
    const { stripe, account } = await stack.stripeOf(tenant);
    const poll = () => polling.app.get(ListEvents).list(tenant.environment_id);
    await poll();
    await stack.settle();
    stack.emulator.forgetRequests();
    await poll();
    // One request when nothing happened, however much did in the last hour.
    expect(stack.emulator.requests().filter(({ path }) => path === '/v1/events')).toHaveLength(1);

    const [first = ''] = tenant.subscriptions;
    await stripe.subscriptions.cancel(first, {}, { stripeAccount: account });
    await poll();
    await polling.close();
    await stack.settle();
    expect(await statuses(tenant)).toMatchObject({ [first]: 'canceled' });
  }, 60_000);
});
