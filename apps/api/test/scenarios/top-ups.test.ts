import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TakeOverPayments } from '../../src/modules/payments/take-over-payments.ts';
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
const topUpRow = async (customer: string) => {
  const { rows } = await stack.database.owner.query<{ stripe_invoice_id: string | null }>(
    'select stripe_invoice_id from credit_top_ups where customer_id = $1',
    [customer],
  );
  return rows[0] ?? { stripe_invoice_id: null };
};
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

describe('credits whose money goes back', () => {
  const use = (customer: string, units: number) =>
    post('usage/track', { idempotency_key: randomUUID(), customer, meter: 'images', value: units });
  const refund = async (customer: string, amount?: number): Promise<void> => {
    const [invoice] = await invoices(customer);
    await post(`invoices/${invoice?.['id']}/refund`, amount === undefined ? {} : { amount });
    await stack.settle();
  };
  const kinds = async (customer: string): Promise<unknown[]> => {
    const { body } = await tenant.asServer('GET', `customers/${customer}/credits/entries`);
    return body['data'].map(({ kind, quantity }: Json) => [kind, quantity]).toReversed();
  };

  it('go with it by their share, as far as they were not used', async () => {
    const { id, external } = await newCustomer();
    // 100 credits for $20.00.
    await buy(id, 'pm_card_visa', { packs: 2 });
    await stack.settle();
    await use(external, 30);

    await refund(id, 500);
    expect(await balance(id)).toBe(45);
    expect(await topUps(id)).toMatchObject([
      { state: 'paid', amount_back: { amount: 500, currency: 'usd' } },
    ]);

    await refund(id);
    expect(await balance(id)).toBe(0);
    expect(await kinds(id)).toEqual([
      ['grant', 100],
      ['burn', -30],
      ['void', -25],
      ['void', -45],
    ]);

    // Hearing of it again takes nothing more, and what the merchant gives stays.
    await post(`customers/${id}/credits/grants`, { quantity: 5 });
    await stack.app
      .get(TakeOverPayments)
      .takeInvoice(tenant.environment_id, String((await topUpRow(id)).stripe_invoice_id), { asked: true });
    expect(await balance(id)).toBe(5);
  });

  it('stay taken when a grant is made void and restored', async () => {
    const { id } = await newCustomer();
    await buy(id, 'pm_card_visa');
    await stack.settle();
    const { body } = await tenant.asServer('GET', `customers/${id}/credits/grants`);
    const grant = body['data'][0].id;

    await refund(id, 200);
    await post(`credits/grants/${grant}/void`, {});
    await refund(id, 200);
    expect(await balance(id)).toBe(0);
    await post(`credits/grants/${grant}/restore`, {});
    await post(`credits/grants/${grant}/restore`, {});

    expect(await balance(id)).toBe(30);
  });

  it('are held by a dispute, and there again when it is won', async () => {
    const { id, external } = await newCustomer();
    await buy(id, 'pm_card_createDispute');
    await stack.settle();
    expect(await balance(id)).toBe(0);
    expect(await topUps(id)).toMatchObject([{ amount_back: { amount: 1_000 } }]);

    const [invoice] = await invoices(id);
    const { body } = await tenant.asServer('GET', `disputes?invoice=${invoice?.['id']}`);
    await post(`disputes/${body['data'][0].id}/evidence`, { text: 'winning_evidence' });
    await stack.settle();

    expect(await balance(id)).toBe(50);
    expect(await topUps(id)).toMatchObject([{ amount_back: { amount: 0 } }]);
    await use(external, 50);
    expect(await balance(id)).toBe(0);
  });

  it('are not bought again by themselves', async () => {
    const { id } = await newCustomer();
    await buy(id, 'pm_card_visa');
    await tenant.asServer('PUT', `customers/${id}/credits/auto-top-up`, {
      pack: 'small',
      below: 40,
      amount_max_per_month: 5_000,
    });
    await stack.settle();
    await refund(id);
    await stack.app.get(AutoTopUp).run();

    expect((await topUps(id)).filter((topUp) => topUp['is_automatic'])).toEqual([]);
    const { body } = await tenant.asServer('GET', `customers/${id}/credits/auto-top-up`);
    expect(body['settings']).toMatchObject({
      enabled: false,
      stopped_reason: 'A purchase of credits was refunded or disputed.',
    });
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

  it('are no more than so many an hour, however many look while credits are used', async () => {
    const { id, external } = await withAuto({ times_max_per_hour: 2, amount_max_per_month: 50_000 });
    await attach(id, 'pm_card_visa');
    const bought = async () => (await topUps(id)).filter((topUp) => topUp['is_automatic']);
    const busyHour = async (): Promise<void> => {
      for (let round = 0; round < 4; round++) {
        await Promise.all([
          ...Array.from({ length: 8 }, sweep),
          ...Array.from({ length: 6 }, () => use(external, 10)),
          ...Array.from({ length: 8 }, sweep),
        ]);
        await stack.settle();
      }
    };
    await busyHour();
    expect(await bought()).toHaveLength(2);

    stack.passTime(3_600);
    await busyHour();
    stack.passTime(-3_600);
    const all = await bought();
    expect(all).toHaveLength(4);
    // Each closed the gap of its moment: below 40 of nothing at most is one pack of 50.
    expect(all.map(({ packs, state }) => [packs, state])).toEqual(Array(4).fill([1, 'paid']));
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

  it('turn themselves off when their pack is not sold any more, with an alert', async () => {
    const { id, external } = await newCustomer();
    await post('credits/packs', {
      key: 'autumn',
      name: 'Autumn',
      credits: 50,
      amount: 1_000,
      currency: 'usd',
    });
    await buy(id, 'pm_card_visa');
    await tenant.asServer('PUT', `customers/${id}/credits/auto-top-up`, {
      pack: 'autumn',
      below: 40,
      amount_max_per_month: 5_000,
    });
    await post('credits/packs/autumn/archive', {});
    await use(external, 30);
    await sweep();
    await stack.settle();

    expect((await topUps(id)).filter((topUp) => topUp['is_automatic'])).toEqual([]);
    expect(
      (await tenant.asServer('GET', `customers/${id}/credits/auto-top-up`)).body['settings'],
    ).toMatchObject({ enabled: false, stopped_reason: 'The pack autumn is archived.' });
    const { body } = await tenant.asOwner('GET', 'alerts?state=open');
    expect(body['data'].filter(({ target }: Json) => target.id === id)).toMatchObject([
      { kind: 'credits.auto_top_up' },
    ]);
  });
});
