import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AutoTopUp } from '../../src/modules/top-ups/auto-top-up.ts';
import type { Json, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

let stack: TestStack;
let tenant: Tenant;
beforeAll(async () => {
  stack = await startStack();
  tenant = await stack.newConnectedTenant();
  await post('features', { key: 'images', name: 'Images', type: 'metered', credit_cost: 1 });
  await post('credits/packs', {
    key: 'small',
    name: 'Small',
    credits: 50,
    amount: 1_000,
    currency: 'usd',
    expires_after_days: 90,
  });
  await stack.settle();
});
afterAll(() => stack.close());

async function post(path: string, body: Json): Promise<Json> {
  const answer = await tenant.asServer('POST', path, body);
  expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
}

async function newCustomer(): Promise<{ id: string; external: string }> {
  const external = `user-${randomUUID()}`;
  const { id } = await post('customers', { external_id: external, email: 'ada@example.com' });
  return { id, external };
}

const buy = (customer: string, payment_method: string, body: Json = {}) =>
  post(`customers/${customer}/credits/top-ups`, {
    idempotency_key: randomUUID(),
    pack: 'small',
    payment_method,
    ...body,
  });
const balance = async (customer: string): Promise<number> =>
  (await tenant.asServer('GET', `customers/${customer}/credits`)).body['balance'];
const topUps = async (customer: string): Promise<Json[]> =>
  (await tenant.asServer('GET', `customers/${customer}/credits/top-ups`)).body['data'];
const invoices = async (customer: string): Promise<Json[]> =>
  (await tenant.asServer('GET', `invoices?customer=${customer}`)).body['data'];

describe('credits that are bought', () => {
  it('are there once they are paid, and once for a key', async () => {
    const { id } = await newCustomer();
    const key = randomUUID();
    const bought = await buy(id, 'pm_card_visa', { idempotency_key: key, packs: 2 });
    const again = await buy(id, 'pm_card_visa', { idempotency_key: key, packs: 2 });
    await stack.settle();

    expect(bought).toMatchObject({
      state: 'paid',
      credits: 100,
      packs: 2,
      amount: { amount: 2_000, currency: 'usd' },
      is_automatic: false,
      pay_url: null,
    });
    expect(again['id']).toBe(bought['id']);
    expect(await balance(id)).toBe(100);
    expect(await invoices(id)).toMatchObject([{ status: 'paid', total: { amount: 2_000, currency: 'usd' } }]);
    const { body } = await tenant.asServer('GET', `customers/${id}/credits/grants`);
    expect(body['data']).toMatchObject([{ source: 'top_up', quantity: 100 }]);
    expect(body['data'][0]['expires_at']).not.toBeNull();
  });

  it('are not there when the bank refuses, and nobody is asked to pay', async () => {
    const { id } = await newCustomer();
    const bought = await buy(id, 'pm_card_chargeCustomerFail');
    await stack.settle();

    expect(bought).toMatchObject({ state: 'failed', pay_url: null });
    expect(bought['failure']).toEqual(expect.stringContaining('declined'));
    expect(await balance(id)).toBe(0);
    expect(await invoices(id)).toMatchObject([{ status: 'void' }]);
  });

  it('wait for the customer whose bank wants to see them (3-D Secure)', async () => {
    const { id } = await newCustomer();
    const bought = await buy(id, 'pm_card_authenticationRequired');

    expect(bought, JSON.stringify(bought)).toMatchObject({ state: 'open' });
    expect(bought['pay_url']).toEqual(expect.stringContaining('http'));
    expect(await balance(id)).toBe(0);

    const [invoice] = await invoices(id);
    await post(`invoices/${invoice?.['id']}/pay`, { payment_method: 'pm_card_visa' });
    await stack.settle();
    expect(await topUps(id)).toMatchObject([{ state: 'paid', failure: null }]);
    expect(await balance(id)).toBe(50);
  });
});

// INV-37
describe('automatic top-ups', () => {
  async function withAuto(settings: Json = {}, card = 'pm_card_visa') {
    const customer = await newCustomer();
    if (card === 'pm_card_visa') {
      await buy(customer.id, card);
    } else {
      await buy(customer.id, 'pm_card_visa');
      await attach(customer.id, card);
    }
    const { status, body } = await tenant.asServer('PUT', `customers/${customer.id}/credits/auto-top-up`, {
      pack: 'small',
      below: 40,
      amount_max_per_month: 5_000,
      ...settings,
    });
    expect(status, JSON.stringify(body)).toBe(200);
    return customer;
  }
  async function attach(customer: string, card: string): Promise<void> {
    const { stripe, account } = await stack.stripeOf(tenant);
    const { body } = await tenant.asServer('GET', `customers/${customer}`);
    const method = await stripe.paymentMethods.attach(
      card,
      { customer: body['stripe_customer_id'] },
      { stripeAccount: account },
    );
    await stripe.customers.update(
      body['stripe_customer_id'],
      { invoice_settings: { default_payment_method: method.id } },
      { stripeAccount: account },
    );
  }
  const use = (customer: string, units: number) =>
    post('usage/track', { idempotency_key: randomUUID(), customer, meter: 'images', value: units });
  const sweep = () => stack.app.get(AutoTopUp).run();

  it('close the gap by one purchase, however many look at once', async () => {
    const { id, external } = await withAuto({ below: 120, amount_max_per_month: 10_000 });
    await attach(id, 'pm_card_visa');
    await use(external, 20);
    await Promise.all(Array.from({ length: 20 }, sweep));
    await stack.settle();
    await sweep();
    await stack.settle();

    // 30 left: two packs make it 130.
    expect(await topUps(id)).toMatchObject([
      { is_automatic: true, packs: 2, credits: 100, state: 'paid' },
      { is_automatic: false },
    ]);
    expect(await balance(id)).toBe(130);
  });

  it('end at the ceiling and at so many an hour, with an alert', async () => {
    const { id, external } = await withAuto({ amount_max_per_month: 2_000 });
    await attach(id, 'pm_card_visa');
    for (let round = 0; round < 4; round++) {
      await use(external, 50);
      await sweep();
      await stack.settle();
    }

    expect((await topUps(id)).filter((topUp) => topUp['is_automatic'])).toMatchObject([
      { state: 'paid' },
      { state: 'paid' },
    ]);
    const { body } = await tenant.asOwner('GET', 'alerts?state=open');
    expect(body['data'].filter(({ target }: Json) => target.id === id)).toMatchObject([
      { kind: 'credits.auto_top_up' },
    ]);
  });

  it('turn themselves off when a payment fails, with an alert and without a loop', async () => {
    const { id, external } = await withAuto({}, 'pm_card_chargeCustomerFail');
    await use(external, 30);
    for (let round = 0; round < 3; round++) {
      await sweep();
      await stack.settle();
    }

    expect((await topUps(id)).filter((topUp) => topUp['is_automatic'])).toMatchObject([{ state: 'failed' }]);
    expect(
      (await tenant.asServer('GET', `customers/${id}/credits/auto-top-up`)).body['settings'],
    ).toMatchObject({
      enabled: false,
      stopped_reason: expect.stringContaining('declined'),
    });
    expect(await balance(id)).toBe(20);
  });
});
