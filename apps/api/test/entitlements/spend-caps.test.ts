import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TellSpendCaps } from '../../src/modules/entitlements/tell-spend-caps.ts';
import { startApi, type Json, type Tenant, type TestApi } from '../fixtures/api.ts';

let instances: TestApi[];
let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  instances = [api, await api.another(), await api.another()];
  tenant = await api.newTenant();
  for (const key of ['calls', 'mails']) {
    await tenant.asServer('POST', 'features', { key, name: key, type: 'metered' });
  }
});
afterAll(async () => {
  for (const instance of instances.toReversed()) {
    await instance.close();
  }
});

const monthly = { currency: 'usd', interval: 'month' };
const features = [
  { feature: 'calls', limit: 0, overage: 'allow' },
  { feature: 'mails', limit: null },
];

/** A customer on a plan of $10.00 a month and 2 cents a call. */
async function subscribed(
  plan: Json = {},
  wish: Json = {},
): Promise<{ customer: string; subscription: string }> {
  const key = `p-${randomUUID()}`;
  const customer = `c-${randomUUID()}`;
  const created = await tenant.asServer('POST', 'plans', {
    key,
    name: 'Pro',
    group: key,
    features,
    prices: [
      { ...monthly, amount: 1_000 },
      { ...monthly, type: 'per_unit', unit_amount: '2', feature: 'calls' },
    ],
    ...plan,
  });
  expect(created.status, JSON.stringify(created.body)).toBe(201);
  await tenant.asServer('POST', 'customers', {
    external_id: customer,
    name: 'Acme',
    email: 'ap@acme.test',
  });
  const { status, body } = await tenant.asServer('POST', 'subscriptions', {
    customer,
    plan: key,
    billing: 'manual',
    ...wish,
  });
  expect(status, JSON.stringify(body)).toBe(201);
  return { customer, subscription: body['id'] };
}

const capped = (amount: number, prices?: Json[]) =>
  subscribed({ spend_cap: { amount, currency: 'usd' }, ...(prices === undefined ? {} : { prices }) });

const check = async (customer: string, required = 1, feature = 'calls'): Promise<Json> =>
  (
    await tenant.asServer(
      'GET',
      `entitlements/check?customer=${customer}&feature=${feature}&required=${required}`,
    )
  ).body;

/** Repeats, as a client does, what was not answered in time. */
const consume = async (
  customer: string,
  quantity = 1,
  feature = 'calls',
  by: TestApi = api,
): Promise<Json> => {
  const body = { idempotency_key: randomUUID(), customer, feature, quantity };
  for (;;) {
    const answer = await by.send('POST', 'entitlements/consume', body, {
      authorization: `Bearer ${tenant.secretKey}`,
    });
    if (answer.status !== 503) {
      return answer.body;
    }
  }
};

const track = (customer: string, value: number, meter = 'calls') =>
  tenant.asServer('POST', 'usage/track', { idempotency_key: randomUUID(), customer, meter, value });

const spendCap = async (customer: string): Promise<Json> =>
  (await tenant.asServer('GET', `customers/${customer}/spend-cap`)).body;

const estimate = async (subscription: string): Promise<Json> =>
  (await tenant.asServer('GET', `subscriptions/${subscription}/estimate`)).body;

describe('a spend cap', () => {
  it('of $5.00 ends use at 2 cents each after 250, though overage is allowed', async () => {
    const { customer, subscription } = await capped(500);
    expect(await check(customer, 250)).toMatchObject({ allowed: true, limit: 0, overage: 250 });
    expect(await check(customer, 251)).toMatchObject({ allowed: false, reason: 'spend_cap' });
    expect(await consume(customer, 251)).toMatchObject({
      allowed: false,
      reason: 'spend_cap',
      event_id: null,
    });
    expect(await consume(customer, 249)).toMatchObject({ allowed: true, used: 249 });
    expect(await check(customer, 2)).toMatchObject({ allowed: false, reason: 'spend_cap', used: 249 });
    expect(await consume(customer, 1)).toMatchObject({ allowed: true, used: 250 });
    expect(await consume(customer, 1)).toMatchObject({ allowed: false, reason: 'spend_cap' });
    // What has no price is not held by it.
    expect(await consume(customer, 1_000, 'mails')).toMatchObject({ allowed: true });
    expect(await spendCap(customer)).toMatchObject({
      own: null,
      subscriptions: [
        {
          subscription,
          cap: { amount: 500, currency: 'usd' },
          spent: { amount: 500, currency: 'usd' },
        },
      ],
    });
    const { body } = await tenant.asServer('GET', `customers/${customer}/entitlements`);
    expect(body['features']).toMatchObject([
      { feature: 'calls', allowed: false, reason: 'spend_cap', allowed_up_to: 0 },
      { feature: 'mails', allowed: true, allowed_up_to: null },
    ]);
  });

  it('adds up all metered prices of the subscription, and none that is charged in advance', async () => {
    const { customer } = await capped(1_000, [
      { ...monthly, amount: 99_999 },
      { ...monthly, type: 'per_unit', unit_amount: '2', feature: 'calls' },
      { ...monthly, type: 'package', unit_amount: '300', package_size: 100, feature: 'mails' },
    ]);
    expect(await consume(customer, 101, 'mails')).toMatchObject({ allowed: true });
    expect(await check(customer, 200)).toMatchObject({ allowed: true });
    expect(await check(customer, 201)).toMatchObject({ allowed: false, reason: 'spend_cap' });
    expect(await consume(customer, 100)).toMatchObject({ allowed: true });
    expect(await check(customer, 100, 'mails')).toMatchObject({ allowed: false, reason: 'spend_cap' });
    expect(await check(customer, 99, 'mails')).toMatchObject({ allowed: true });
  });

  it('does not end what is tracked: it is recorded, and the next check says no', async () => {
    const { customer, subscription } = await capped(500);
    expect(await check(customer)).toMatchObject({ allowed: true });
    expect((await track(customer, 400)).status).toBe(200);
    expect(await check(customer)).toMatchObject({ allowed: false, reason: 'spend_cap', used: 400 });
    expect((await estimate(subscription))['total']).toEqual({ amount: 1_800, currency: 'usd' });
  });

  it('of a customer holds in place of the plan’s, is lifted by null, and taken away again', async () => {
    const { customer } = await capped(500);
    const path = `customers/${customer}/spend-cap`;
    const before = await check(customer, 251);
    expect(before).toMatchObject({ allowed: false, reason: 'spend_cap' });
    await tenant.asServer('PUT', path, { amount: 600, currency: 'usd' });
    const raised = await check(customer, 300);
    expect(raised).toMatchObject({ allowed: true });
    expect(raised['version']).toBeGreaterThan(before['version']);
    expect(await check(customer, 301)).toMatchObject({ allowed: false, reason: 'spend_cap' });
    await tenant.asServer('PUT', path, { amount: null, currency: 'usd' });
    expect(await check(customer, 100_000)).toMatchObject({ allowed: true });
    await tenant.asServer('PUT', path, { amount: 1, currency: 'eur' });
    expect(await check(customer, 100_000)).toMatchObject({ allowed: true });
    await tenant.asServer('DELETE', path);
    expect(await check(customer, 251)).toMatchObject({ allowed: false, reason: 'spend_cap' });
  });

  it('is never passed, however many take and hold at once over three instances and two meters', async () => {
    const { customer, subscription } = await capped(100, [
      { ...monthly, type: 'per_unit', unit_amount: '2', feature: 'calls' },
      { ...monthly, type: 'per_unit', unit_amount: '3', feature: 'mails' },
    ]);
    const answers = await Promise.all(
      Array.from({ length: 120 }, (_, index) =>
        consume(customer, 1, index % 2 === 0 ? 'calls' : 'mails', instances[index % instances.length]),
      ),
    );
    const taken = (feature: string) =>
      answers.filter((answer) => answer['feature'] === feature && answer['allowed'] === true).length;
    const spent = 2 * taken('calls') + 3 * taken('mails');
    expect(spent).toBeLessThanOrEqual(100);
    expect(spent).toBeGreaterThan(97);
    expect(new Set(answers.map(({ reason }) => reason))).toEqual(new Set([null, 'spend_cap']));
    expect((await estimate(subscription))['total']).toEqual({ amount: spent, currency: 'usd' });
  });

  it('counts what is held', async () => {
    const { customer } = await capped(500);
    const reserve = (quantity: number) =>
      tenant.asServer('POST', 'entitlements/reservations', { customer, feature: 'calls', quantity });
    const { body: held } = await reserve(200);
    expect(held).toMatchObject({ allowed: true });
    expect((await reserve(51)).body).toMatchObject({ allowed: false, reason: 'spend_cap' });
    expect(await consume(customer, 51)).toMatchObject({ allowed: false, reason: 'spend_cap' });
    await tenant.asServer('POST', `entitlements/reservations/${held['reservation_id']}/release`);
    expect(await consume(customer, 250)).toMatchObject({ allowed: true });
  });

  it('alerts at 80 % and at 100 %, each once in a billing period', async () => {
    const { customer } = await capped(500);
    const { body: found } = await tenant.asServer('GET', `customers/${customer}`);
    const alerts = async (): Promise<string[]> => {
      await api.app.get(TellSpendCaps).run();
      const { body } = await tenant.asOwner('GET', 'alerts?limit=100');
      return body['data']
        .filter((alert: Json) => alert['target'].id === found['id'])
        .map((alert: Json) => alert['title'])
        .toSorted();
    };
    await track(customer, 199);
    expect(await alerts()).toEqual([]);
    await track(customer, 1);
    expect(await alerts()).toEqual(['A spend cap is used by more than 80 %']);
    const { body } = await tenant.asOwner('GET', 'alerts?limit=1');
    await tenant.asOwner('POST', `alerts/${body['data'][0].id}/resolve`);
    await track(customer, 1);
    expect(await alerts()).toEqual(['A spend cap is used by more than 80 %']);
    await track(customer, 49);
    expect(await alerts()).toEqual(['A spend cap is used by more than 80 %', 'A spend cap is used up']);
  });
});

describe('the estimated bill', () => {
  it.each([
    ['flat', { amount: 1_999 }, 1, 0, 1_999],
    ['per_seat', { amount: 900 }, 3, 0, 2_700],
    ['per_unit', { unit_amount: '0.35', included_units: 100 }, 1, 1_234, 397],
    ['package', { unit_amount: '500', package_size: 1_000 }, 1, 1_234, 1_000],
    [
      'graduated',
      {
        tiers: [
          { up_to: 1_000, unit_amount: '1', flat_amount: 100 },
          { up_to: null, unit_amount: '0.5' },
        ],
      },
      1,
      1_234,
      1_217,
    ],
    [
      'volume',
      {
        tiers: [
          { up_to: 1_000, unit_amount: '1' },
          { up_to: null, unit_amount: '0.5', flat_amount: 200 },
        ],
      },
      1,
      1_234,
      817,
    ],
  ])('of a %s price %j with quantity %i and %i used is %i', async (type, terms, quantity, used, amount) => {
    const isMetered = type !== 'flat' && type !== 'per_seat';
    const { customer, subscription } = await subscribed(
      { prices: [{ ...monthly, type, ...terms, ...(isMetered ? { feature: 'calls' } : {}) }] },
      { quantity },
    );
    if (used > 0) {
      await track(customer, used);
    }

    const bill = await estimate(subscription);

    expect(bill['total']).toEqual({ amount, currency: 'usd' });
    expect(bill['lines']).toHaveLength(1);
    expect(bill['lines'][0]).toMatchObject({
      kind: isMetered ? 'usage' : 'recurring',
      quantity: String(isMetered ? used : quantity),
      amount: { amount, currency: 'usd' },
    });
  });

  it('adds what is charged in advance and what was used', async () => {
    const { customer, subscription } = await subscribed();
    await track(customer, 21);
    const bill = await estimate(subscription);
    expect(bill['lines'].map((line: Json) => [line['kind'], line['amount'].amount])).toEqual([
      ['recurring', 1_000],
      ['usage', 42],
    ]);
    expect(bill).toMatchObject({
      subtotal: { amount: 1_042 },
      discount_total: { amount: 0 },
      total: { amount: 1_042, currency: 'usd' },
    });
  });
});
