import { submitForm } from '@billingos/local-stack/submit-form';
import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ListEvents } from '../../src/modules/webhooks/list-events.ts';
import { TakeOverAccount } from '../../src/modules/merchants/take-over-account.ts';
import type { Answer, Json, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack, webhookSecret } from '../fixtures/stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

async function sellingTenant(): Promise<Tenant> {
  const tenant = await stack.newConnectedTenant();
  const { asServer } = tenant;
  await asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  await asServer('POST', 'features', { key: 'api_calls', name: 'Calls', type: 'metered' });
  await asServer('POST', 'plans', {
    key: 'pro',
    name: 'Pro',
    prices: [{ amount: 1_900, currency: 'usd', interval: 'month' }],
    features: [{ feature: 'exports' }],
  });
  await asServer('POST', 'customers', { external_id: 'user_42' });
  expect((await subscribe(tenant)).status).toBe(201);
  await stack.settle();
  return tenant;
}

const subscribe = ({ asServer }: Tenant): Promise<Answer> =>
  asServer('POST', 'subscriptions', { customer: 'user_42', plan: 'pro', payment_method: 'pm_card_visa' });
const account = async ({ asOwner }: Tenant): Promise<Json> => (await asOwner('GET', 'stripe-account')).body;
const mayExport = async ({ asServer }: Tenant): Promise<boolean> =>
  (await asServer('GET', 'entitlements/check?customer=user_42&feature=exports')).body['allowed'];

async function connect(tenant: Tenant, wish: Json = {}): Promise<Answer> {
  const answer = await tenant.asOwner('POST', 'stripe-account/connect', {
    return_url: 'http://localhost/return',
    ...wish,
  });
  if (answer.status === 201) {
    await submitForm(String(answer.body['url']), {});
    await tenant.asOwner('POST', 'stripe-account/refresh');
    await stack.settle();
  }
  return answer;
}

function deauthorized(accountId: string, id: string): Promise<Answer> {
  const body = JSON.stringify({
    id,
    object: 'event',
    account: accountId,
    livemode: false,
    type: 'account.application.deauthorized',
    data: { object: { id: 'ca_platform', object: 'application' } },
  });
  const signature = Stripe.webhooks.generateTestHeaderString({ payload: body, secret: webhookSecret });
  return stack.send('POST', 'webhooks/stripe/test', body, { 'stripe-signature': signature });
}

describe('a merchant', () => {
  it('who disconnects sells nothing, and who connects the same account again goes on where it was', async () => {
    const tenant = await sellingTenant();
    const before = await account(tenant);
    const { stripe } = await stack.stripeOf(tenant);

    const left = await tenant.asOwner('POST', 'stripe-account/disconnect');
    expect(left.body).toMatchObject({
      status: 'not_connected',
      stripe_account_id: null,
      former_account_id: before['stripe_account_id'],
    });
    await tenant.asServer('POST', 'customers', { external_id: 'user_43' });
    const sale = await tenant.asServer('POST', 'subscriptions', { customer: 'user_43', plan: 'pro' });
    expect(sale.body['error'].code).toBe('stripe_not_connected');
    expect((await tenant.asOwner('POST', 'stripe-account/disconnect')).body['error'].code).toBe(
      'connect_stripe_first',
    );
    // What was sold goes on, and what happens to it meanwhile is heard of afterwards.
    expect(await mayExport(tenant)).toBe(true);
    const options = { stripeAccount: String(before['stripe_account_id']) };
    const running = await stripe.subscriptions.list({}, options);
    await stripe.subscriptions.cancel(running.data[0]?.id ?? '', {}, options);
    await stack.settle();
    expect(await mayExport(tenant)).toBe(true);

    await connect(tenant);

    expect(await account(tenant)).toMatchObject({
      status: 'connected',
      stripe_account_id: before['stripe_account_id'],
    });
    expect(await mayExport(tenant)).toBe(false);
    const runs = await tenant.asOwner('GET', 'reconciliation/runs');
    expect(runs.body['data'].map(({ trigger }: Json) => trigger)).toContain('connected');
    expect((await subscribe(tenant)).status).toBe(201);
    const prices = await stripe.prices.list({}, options);
    expect(prices.data).toHaveLength(1);
  }, 90_000);

  it('moves to another account only when it gives up what runs on the former', async () => {
    const tenant = await sellingTenant();
    const former = String((await account(tenant))['stripe_account_id']);
    await tenant.asOwner('POST', 'stripe-account/disconnect');

    const refused = await connect(tenant, { account: 'new' });
    expect(refused.body['error']).toMatchObject({
      code: 'subscriptions_still_run',
      param: 'abandon_subscriptions',
      message: expect.stringContaining('1 subscriptions'),
    });
    expect(await mayExport(tenant)).toBe(true);

    expect((await connect(tenant, { account: 'new', abandon_subscriptions: true })).status).toBe(201);

    const now = await account(tenant);
    expect(now).toMatchObject({ status: 'connected', former_account_id: former });
    expect(now['stripe_account_id']).not.toBe(former);
    expect(await mayExport(tenant)).toBe(false);
    const { body: subscriptions } = await tenant.asServer('GET', 'subscriptions');
    expect(subscriptions['data'].map(({ status }: Json) => status)).toEqual(['canceled']);
    const { body: log } = await tenant.asOwner('GET', 'audit-log?limit=100');
    expect(log['data'].find(({ action }: Json) => action === 'subscription.ended')).toMatchObject({
      after: { status: 'canceled', cause: 'account_replaced' },
    });

    // Everything is on the new account, once, and is sold there.
    const { stripe } = await stack.stripeOf(tenant);
    const options = { stripeAccount: String(now['stripe_account_id']) };
    expect((await subscribe(tenant)).body).toMatchObject({ status: 'active' });
    expect((await stripe.products.list({}, options)).data).toHaveLength(1);
    expect((await stripe.prices.list({}, options)).data).toHaveLength(1);
    expect((await stripe.billing.meters.list({}, options)).data).toHaveLength(1);
    expect((await stripe.customers.list({}, options)).data).toHaveLength(1);
    await stack.settle();
    expect((await tenant.asOwner('GET', 'jobs?state=failed')).body['data']).toEqual([]);
  }, 90_000);

  it('who comes back from another account to the first one finds it like a new one', async () => {
    const tenant = await sellingTenant();
    const first = String((await account(tenant))['stripe_account_id']);
    await tenant.asOwner('POST', 'stripe-account/disconnect');
    await connect(tenant, { account: 'new', abandon_subscriptions: true });
    const second = String((await account(tenant))['stripe_account_id']);
    expect((await subscribe(tenant)).status).toBe(201);

    // `former` is the one that was left last.
    await tenant.asOwner('POST', 'stripe-account/disconnect');
    await connect(tenant);
    expect(await account(tenant)).toMatchObject({ status: 'connected', stripe_account_id: second });

    await tenant.asOwner('POST', 'stripe-account/disconnect');
    await connect(tenant, { account: 'new', abandon_subscriptions: true });
    const third = String((await account(tenant))['stripe_account_id']);
    expect(new Set([first, second, third]).size).toBe(3);
    expect((await subscribe(tenant)).status).toBe(201);
  }, 90_000);
});

describe('an event of a former account', () => {
  it('does not disconnect the present one, whenever it is processed', async () => {
    const tenant = await sellingTenant();
    const former = String((await account(tenant))['stripe_account_id']);
    await stack.stopWorker();
    // It came in time, and is processed when it is late.
    expect((await deauthorized(former, 'evt_late')).status).toBe(200);
    await tenant.asOwner('POST', 'stripe-account/disconnect');
    await stack.startWorker();
    await connect(tenant, { account: 'new', abandon_subscriptions: true });

    expect((await deauthorized(former, 'evt_later')).status).toBe(404);
    await stack.settle();
    expect(await account(tenant)).toMatchObject({ status: 'connected' });

    const present = String((await account(tenant))['stripe_account_id']);
    await deauthorized(present, 'evt_present');
    await stack.settle();
    expect(await account(tenant)).toMatchObject({ status: 'not_connected', former_account_id: present });
  }, 90_000);
});

describe('a connection', () => {
  it('that Stripe refuses is lost until it answers again, and somebody is told', async () => {
    const tenant = await stack.newConnectedTenant();
    const id = String((await account(tenant))['stripe_account_id']);
    const set = (stripeId: string) =>
      stack.database.owner.query(
        'update stripe_accounts set stripe_account_id = $2 where environment_id = $1',
        [tenant.environment_id, stripeId],
      );
    const alerts = async () =>
      (await tenant.asOwner('GET', 'alerts?state=open')).body['data'].map(({ kind }: Json) => kind);
    // Nobody on this platform has it: Stripe answers as for one that was taken away.
    await set('acct_of_somebody_else');

    const refused = await tenant.asOwner('POST', 'stripe-account/refresh');
    await stack.settle();
    expect(refused.body['error'].code).toBe('stripe_connection_lost');
    expect(await account(tenant)).toMatchObject({ status: 'lost' });
    expect(await alerts()).toEqual(['stripe_account.lost']);

    await set(id);
    stack.passTime(16 * 60);
    await stack.app.get(ListEvents).run();
    await expect.poll(async () => (await account(tenant))['status'], { timeout: 20_000 }).toBe('connected');
    await stack.settle();
    expect(await alerts()).toEqual([]);
  }, 90_000);

  it('does not go back to an older answer', async () => {
    const tenant = await stack.newConnectedTenant();
    const { stripe, account: id } = await stack.stripeOf(tenant);
    const service = stack.app.get(TakeOverAccount);
    const hold = stack.emulator.hold({ method: 'GET', path: `/v1/accounts/${id}`, times: 1 });
    const slow = service.takeOver(tenant.environment_id);
    await hold.caught;
    // Stripe has answered the slow one already: it says that payouts are possible. Then they are not.
    await stack.database.owner.query(
      `update stripe_accounts set payouts_enabled = false, stripe_sequence = stripe_sequence + 1 where environment_id = $1`,
      [tenant.environment_id],
    );
    stack.emulator.forgetRequests();
    hold.release();
    await slow;

    // It asked again instead of writing what it had in hand.
    const asked = stack.emulator.requests().filter(({ path }) => path === `/v1/accounts/${id}`);
    expect(asked.length).toBeGreaterThanOrEqual(1);
    const real = await stripe.accounts.retrieve(id);
    expect((await account(tenant))['payouts_enabled']).toBe(real.payouts_enabled);
  }, 60_000);
});
