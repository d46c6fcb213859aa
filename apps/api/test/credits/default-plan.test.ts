import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SettleCredits } from '../../src/modules/credits/settle-credits.ts';
import { type Json, startApi, type Tenant, type TestApi } from '../fixtures/api.ts';

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());
const start = new Date('2026-11-03T12:00:00Z');
beforeEach(async () => {
  api.setTime(start);
  tenant = await api.newTenant();
  await post('features', { key: 'images', name: 'Images', type: 'metered', credit_cost: 2 });
  await plan('free', { credits: { quantity: 20, interval: 'month' } });
  await plan('pro', { credits: { quantity: 100 } });
});

async function post(path: string, body: Json): Promise<Json> {
  const answer = await tenant.asServer('POST', path, body);
  expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
}
const plan = (key: string, terms: Json) =>
  post('plans', {
    key,
    name: key,
    prices: [{ amount: key === 'free' ? 0 : 1_000, currency: 'usd', interval: 'month' }],
    ...terms,
  });
const setDefault = async (key: string | null): Promise<void> => {
  const { status, body } = await tenant.asOwner('PATCH', 'default-plan', { plan: key });
  expect(status, JSON.stringify(body)).toBe(200);
};
const newCustomer = async (): Promise<string> => {
  const external = `user-${randomUUID()}`;
  await post('customers', { external_id: external, name: 'Acme', email: 'ap@acme.test' });
  return external;
};
const credits = async (customer: string): Promise<Json> =>
  (await tenant.asServer('GET', `customers/external:${customer}/credits`)).body;
const check = async (customer: string, required = 1): Promise<Json> =>
  (
    await tenant.asServer(
      'GET',
      `entitlements/check?customer=${customer}&feature=images&required=${required}`,
    )
  ).body;
const consume = (customer: string, quantity: number) =>
  post('entitlements/consume', { idempotency_key: randomUUID(), customer, feature: 'images', quantity });
const spread = () => api.app.get(SettleCredits).spreadDefault();

describe('the credits of the default plan', () => {
  it('are there for a customer nobody has heard of, and granted once to whoever comes', async () => {
    await setDefault('free');
    const stranger = `user-${randomUUID()}`;
    expect(await check(stranger, 10)).toMatchObject({
      allowed: true,
      remaining: 10,
      credits: { balance: 20 },
    });
    expect(await check(stranger, 11)).toMatchObject({ allowed: false, reason: 'limit_reached' });

    const answers = await Promise.all(Array.from({ length: 12 }, () => consume(stranger, 1)));
    expect(answers.filter((answer) => answer['allowed'] === true)).toHaveLength(10);
    expect(await credits(stranger)).toMatchObject({
      balance: 0,
      allowances: [{ source: 'plan', quantity: 20, interval: 'month' }],
    });
  });

  it('pay for the first event of a customer, too', async () => {
    await setDefault('free');
    const customer = `user-${randomUUID()}`;
    await post('usage/track', { idempotency_key: randomUUID(), customer, meter: 'images', value: 4 });

    expect(await credits(customer)).toMatchObject({ balance: 12 });
    expect(await check(customer)).toMatchObject({ used: 4, remaining: 6 });
  });

  it('are granted anew each interval from when the customer came, and do not add up', async () => {
    await setDefault('free');
    const customer = await newCustomer();
    await consume(customer, 3);
    expect(await credits(customer)).toMatchObject({
      balance: 14,
      allowances: [{ next_reset_at: '2026-12-03T12:00:00.000Z' }],
    });

    api.setTime(new Date('2027-01-05T00:00:00Z'));
    expect(await credits(customer)).toMatchObject({
      balance: 20,
      allowances: [{ next_reset_at: '2027-02-03T12:00:00.000Z' }],
    });
  });

  it('end with a subscription of the group, and come back after it, once a period', async () => {
    await setDefault('free');
    const customer = await newCustomer();
    await consume(customer, 1);
    const { id } = await post('subscriptions', { customer, plan: 'pro', billing: 'manual' });
    expect(await credits(customer)).toMatchObject({ balance: 100, allowances: [{ quantity: 100 }] });

    await post(`subscriptions/${id}/cancel`, { when: 'now' });
    // This period's were granted already.
    expect(await credits(customer)).toMatchObject({ balance: 0, allowances: [{ quantity: 20 }] });
    api.setTime(new Date('2026-12-03T12:00:00Z'));
    expect(await credits(customer)).toMatchObject({ balance: 20 });
  });

  it('reach those who are there already when the default plan is set or changed, and leave when it goes', async () => {
    const customers = await Promise.all(Array.from({ length: 3 }, newCustomer));
    const balances = async () => Promise.all(customers.map(async (one) => (await credits(one))['balance']));
    expect(await balances()).toEqual([0, 0, 0]);

    await setDefault('free');
    await spread();
    await Promise.all(customers.map((customer) => consume(customer, 1)));
    await spread();
    expect(await balances()).toEqual([18, 18, 18]);

    // More is added at once, less holds from the next period on.
    for (const quantity of [50, 30]) {
      const draft = await tenant.asServer('PUT', 'plans/free/draft', {
        prices: [{ amount: 0, currency: 'usd', interval: 'month' }],
        credits: { quantity, interval: 'month' },
      });
      expect(draft.status, JSON.stringify(draft.body)).toBeLessThan(300);
      await post('plans/free/publish', {});
      await spread();
      expect(await balances()).toEqual([48, 48, 48]);
    }
    api.setTime(new Date('2026-12-03T12:00:00Z'));
    expect(await balances()).toEqual([30, 30, 30]);

    await setDefault(null);
    await spread();
    expect(await balances()).toEqual([0, 0, 0]);
  });
});
