import { submitForm } from '@billingos/local-stack/submit-form';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Json, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

const card = { email: 'ada@example.com', card_expiry: '12 / 34', card_cvc: '123', name: 'Ada Lovelace' };
const goodCard = { ...card, card_number: '4242 4242 4242 4242' };
const declinedCard = { ...card, card_number: '4000 0000 0000 0002' };
const pages = { success_url: 'http://localhost/paid', cancel_url: 'http://localhost/left' };

let stack: TestStack;
let tenant: Tenant;
let customers = 0;
let customer: string;

beforeAll(async () => {
  stack = await startStack();
  tenant = await stack.newConnectedTenant();
  await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  for (const [key, amount] of [
    ['pro', 1_900],
    ['max', 9_900],
  ] as const) {
    await tenant.asServer('POST', 'plans', {
      key,
      name: key,
      prices: [{ amount, currency: 'usd', interval: 'month' }],
      features: [{ feature: 'exports' }],
    });
  }
  await stack.settle();
});
beforeEach(async () => {
  customer = `user_${(customers += 1)}`;
  await tenant.asServer('POST', 'customers', { external_id: customer });
});
afterAll(() => stack.close());

async function openCheckout(plan = 'pro'): Promise<string> {
  const opened = await tenant.asServer('POST', 'checkout/sessions', { customer, plan, ...pages });
  expect(opened.status).toBe(201);
  return opened.body['url'];
}

async function check(): Promise<Json> {
  return (await tenant.asServer('GET', `entitlements/check?customer=${customer}&feature=exports`)).body;
}

async function subscriptions(): Promise<Json[]> {
  return (await tenant.asServer('GET', `subscriptions?customer=${customer}`)).body['data'];
}

async function nothingFailed(): Promise<void> {
  expect((await tenant.asOwner('GET', 'jobs?state=failed')).body['data']).toEqual([]);
  expect((await tenant.asOwner('GET', 'webhook-events?state=failed')).body['data']).toEqual([]);
}

describe('a customer pays on Stripe’s page', () => {
  it('and has the features, after a declined card gave nothing', async () => {
    const url = await openCheckout();
    expect(await check()).toMatchObject({ allowed: false, reason: 'not_entitled' });

    await expect(submitForm(url, declinedCard)).rejects.toThrow('status 402');
    const page = await fetch(url.replace(/#.*/, ''), {
      method: 'POST',
      body: new URLSearchParams(declinedCard),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(await page.text()).toContain('Your card was declined');
    await stack.settle();
    expect(await check()).toMatchObject({ allowed: false, reason: 'not_entitled' });
    expect(await subscriptions()).toEqual([]);

    expect(await submitForm(url, goodCard)).toBe(pages.success_url);
    await stack.settle();
    expect(await subscriptions()).toEqual([
      expect.objectContaining({ status: 'active', plan: expect.objectContaining({ key: 'pro' }) }),
    ]);
    expect(await check()).toMatchObject({ allowed: true });
    await nothingFailed();
  });

  it('once: an older page is closed by a newer one, and what is paid is not sold again', async () => {
    const first = await openCheckout();
    const second = await openCheckout('max');
    await expect(submitForm(first, goodCard)).rejects.toThrow('no form');
    await submitForm(second, goodCard);
    // Before any webhook is processed.
    const again = await tenant.asServer('POST', 'checkout/sessions', { customer, plan: 'pro', ...pages });
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'already_subscribed' } } });
    await stack.settle();
    expect(await subscriptions()).toEqual([
      expect.objectContaining({ plan: expect.objectContaining({ key: 'max' }) }),
    ]);
  });

  it('of two pages that are asked for at once, one stays open', async () => {
    await openCheckout();
    const urls = (
      await Promise.all(
        [1, 2, 3].map(() =>
          tenant.asServer('POST', 'checkout/sessions', { customer, plan: 'pro', ...pages }),
        ),
      )
    ).map(({ status }) => status);
    expect(urls).toEqual([201, 201, 201]);
    const { stripe, account } = await stack.stripeOf(tenant);
    const ours = await tenant.asServer('GET', `customers/${customer}`);
    const open = await stripe.checkout.sessions.list(
      { customer: ours.body['stripe_customer_id'], status: 'open' },
      { stripeAccount: account },
    );
    expect(open.data).toHaveLength(1);
  });

  it('and cancels at the end of the period: the features stay until then, and are gone after', async () => {
    await submitForm(await openCheckout(), goodCard);
    await stack.settle();
    const [subscription] = await subscriptions();
    const canceled = await tenant.asServer('POST', `subscriptions/${subscription?.['id']}/cancel`, {});
    expect(canceled.body).toMatchObject({
      status: 'active',
      cancel_at: subscription?.['current_period_end'],
    });
    await stack.settle();
    expect(await check()).toMatchObject({ allowed: true });

    const end = new Date(canceled.body['cancel_at']).getTime();
    const secondsLeft = Math.ceil((end - Date.now()) / 1_000);
    stack.passTime(secondsLeft - 60);
    stack.emulator.advanceTo(end / 1_000 - 60);
    await stack.settle();
    expect(await check()).toMatchObject({ allowed: true });

    stack.passTime(120);
    stack.emulator.advanceTo(end / 1_000 + 60);
    await stack.settle();
    expect(await check()).toMatchObject({ allowed: false, reason: 'not_entitled' });
    expect(await subscriptions()).toEqual([expect.objectContaining({ status: 'canceled' })]);
    stack.passTime(-(secondsLeft + 60));
    await nothingFailed();
  });

  it('and has the features at once, when no webhook arrives: the check asks Stripe', async () => {
    const url = await openCheckout();
    expect(await check()).toMatchObject({ allowed: false });
    stack.emulator.pauseWebhooks();
    // A customer is asked about at most once in some seconds.
    await new Promise((resolve) => setTimeout(resolve, 3_100));
    await submitForm(url, goodCard);
    expect(await check()).toMatchObject({ allowed: true, degraded: false });
    const { rows } = await stack.database.owner.query(
      'select unsynced_since from customers where external_id = $1',
      [customer],
    );
    expect(rows).toEqual([{ unsynced_since: null }]);
    stack.emulator.resumeWebhooks();
    await stack.settle();
  });
});

describe('two subscriptions of one group, both paid', () => {
  it('are recorded, the first grants and the second does not, until the first ends', async () => {
    const url = await openCheckout();
    const { stripe, account } = await stack.stripeOf(tenant);
    const ours = await tenant.asServer('GET', `customers/${customer}`);
    const [session] = (
      await stripe.checkout.sessions.list(
        { customer: ours.body['stripe_customer_id'], status: 'open', expand: ['data.line_items'] },
        { stripeAccount: account },
      )
    ).data;
    const plan = await tenant.asServer('GET', 'plans/pro');
    // What a request in another process opened in the same moment.
    const other = await stripe.checkout.sessions.create(
      {
        mode: 'subscription',
        customer: ours.body['stripe_customer_id'],
        line_items: [{ price: session?.line_items?.data[0]?.price?.id ?? '', quantity: 1 }],
        subscription_data: { metadata: { bos_plan_version_id: plan.body['version'].id } },
        ...pages,
      },
      { stripeAccount: account },
    );
    await submitForm(url, goodCard);
    await submitForm(other.url ?? '', goodCard);
    await stack.settle();

    const [second, first] = await subscriptions();
    expect(first).toMatchObject({ status: 'active', duplicate_of: null });
    expect(second).toMatchObject({ status: 'active', duplicate_of: first?.['id'] });
    const grants = async () =>
      (
        await stack.database.owner.query(
          'select subscription_id from entitlements where environment_id = $1 and customer_id = $2',
          [tenant.environment_id, ours.body['id']],
        )
      ).rows;
    expect(await grants()).toEqual([{ subscription_id: first?.['id'] }]);

    await tenant.asServer('POST', `subscriptions/${first?.['id']}/cancel`, { when: 'now' });
    await stack.settle();
    expect(await grants()).toEqual([{ subscription_id: second?.['id'] }]);
    expect(await check()).toMatchObject({ allowed: true });
    await nothingFailed();
  });

  it('are not made by two requests at once', async () => {
    const body = { customer, plan: 'pro', payment_method: 'pm_card_visa' };
    const answers = await Promise.all([1, 2, 3].map(() => tenant.asServer('POST', 'subscriptions', body)));
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThan(0);
    for (const { status } of answers) {
      expect([201, 409, 503]).toContain(status);
    }
    await stack.settle();
    const { stripe, account } = await stack.stripeOf(tenant);
    const ours = await tenant.asServer('GET', `customers/${customer}`);
    const made = await stripe.subscriptions.list(
      { customer: ours.body['stripe_customer_id'], status: 'all' },
      { stripeAccount: account },
    );
    expect(made.data).toHaveLength(1);
    expect(await subscriptions()).toHaveLength(1);
  });
});
