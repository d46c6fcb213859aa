import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BillSubscriptions } from '../../src/modules/invoices/bill-subscriptions.ts';
import type { Json, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

// The highest, the distinct and the latest values of a period, as Stripe and as we charge them.

let stack: TestStack;
let tenant: Tenant;
let year = 2026;
beforeAll(async () => {
  stack = await startStack({ startsAt: new Date('2027-01-01T00:00:00Z') });
}, 120_000);
afterAll(() => stack.close());

const on = (text: string) => new Date(`${year}-${text}Z`);
const go = (text: string) => stack.moveTo(on(text));

async function post(path: string, body?: Json): Promise<Json> {
  const answer = await tenant.asServer('POST', path, body);
  expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
}

beforeEach(async () => {
  year += 1;
  await go('01-01T00:00:00');
  tenant = await stack.newConnectedTenant();
  const metered = (key: string, more: Json) => post('features', { key, name: key, type: 'metered', ...more });
  await metered('seats', { aggregation: 'max' });
  await metered('people', { aggregation: 'unique', property: 'person' });
  await metered('storage', { aggregation: 'latest' });
  const price = (feature: string, amount: string) => ({
    type: 'per_unit',
    feature,
    unit_amount: amount,
    currency: 'usd',
    interval: 'month',
  });
  await post('plans', {
    key: 'pro',
    name: 'Pro',
    prices: [
      { amount: 1_000, currency: 'usd', interval: 'month' },
      price('seats', '100'),
      price('people', '30'),
      price('storage', '7'),
    ],
    features: ['seats', 'people', 'storage'].map((feature) => ({ feature, limit: null })),
  });
  await post('customers', { external_id: 'ada', email: 'ada@example.com' });
}, 120_000);
/** Nothing renews while the next story is told. */
afterEach(async () => {
  const { body } = await tenant.asServer('GET', 'subscriptions?status=running&limit=100');
  for (const { id } of body['data']) {
    await tenant.asServer('POST', `subscriptions/${id}/cancel`, { when: 'now' });
  }
});

let events = 0;
const use = (meter: string, value: number, occurred: string, properties: Json = {}) =>
  post('usage/track', {
    idempotency_key: `values-${++events}`,
    customer: 'ada',
    meter,
    value,
    occurred_at: on(occurred).toISOString(),
    properties,
  });

async function invoiced(): Promise<[number, string][]> {
  const { body } = await tenant.asServer('GET', 'invoices?limit=100');
  return body['data'].toReversed().map((invoice: Json) => [invoice['total'].amount, invoice['status']]);
}

/** January: at most 9 seats, 3 people, and 4 of storage in the end. */
async function useInJanuary(): Promise<void> {
  await go('01-10T12:00:00');
  for (const seats of [3, 9, 5]) await use('seats', seats, '01-10T11:00:00');
  for (const person of ['ada', 'bob', 'ada', 'eve']) await use('people', 1, '01-10T11:00:00', { person });
  await use('storage', 20, '01-10T11:00:00');
  await go('01-20T12:00:00');
  await use('storage', 4, '01-20T11:00:00');
  // It occurred before the one above, and is not the latest.
  await use('storage', 50, '01-19T11:00:00');
  await go('01-20T12:05:00');
}

async function renew(month: string): Promise<void> {
  await go(`${month}-01T00:30:00`);
  await go(`${month}-01T01:03:00`);
  await go(`${month}-01T02:10:00`);
}

describe('values that are no sums', () => {
  it('are charged by Stripe as they are at the end of the period, and begin anew with the next', async () => {
    await post('subscriptions', { customer: 'ada', plan: 'pro', payment_method: 'pm_card_visa' });
    await stack.settle();
    await useInJanuary();
    await renew('02');
    // 9 × 100 + 3 × 30 + 4 × 7, and 1,000 for February.
    expect(await invoiced()).toEqual([
      [1_000, 'paid'],
      [2_018, 'paid'],
    ]);

    // Nobody uses anything in February.
    await renew('03');
    expect((await invoiced()).at(-1)).toEqual([1_000, 'paid']);

    await go('03-05T12:00:00');
    await use('seats', 2, '03-05T11:00:00');
    await use('people', 1, '03-05T11:00:00', { person: 'bob' });
    await use('storage', 1, '03-05T11:00:00');
    await go('03-05T12:05:00');
    await renew('04');
    // 2 × 100 + 1 × 30 + 1 × 7.
    expect((await invoiced()).at(-1)).toEqual([1_237, 'paid']);
    expect((await tenant.asOwner('GET', 'alerts?state=open')).body['data']).toEqual([]);
  }, 240_000);

  it('change with what is reported or taken back in the grace', async () => {
    await post('subscriptions', { customer: 'ada', plan: 'pro', payment_method: 'pm_card_visa' });
    await stack.settle();
    await useInJanuary();
    const peak = await use('seats', 12, '01-20T12:00:00');
    await go('01-31T23:59:50');
    await use('storage', 6, '01-31T23:59:45');
    await go('02-01T00:30:00');
    await use('people', 1, '01-31T23:00:00', { person: 'ivy' });
    await post('usage/corrections', {
      idempotency_key: 'peak',
      event: peak['id'],
      reason: 'Counted a test.',
    });
    await go('02-01T00:31:00');
    await use('storage', 8, '01-31T23:59:59');
    // The next period's own.
    await use('seats', 50, '02-01T00:31:00');
    await go('02-01T01:03:00');
    await go('02-01T02:10:00');

    // 9 × 100 + 4 × 30 + 8 × 7.
    expect((await invoiced()).at(-1)).toEqual([2_076, 'paid']);
  }, 240_000);

  it('arrive whole though Stripe fails at every tenth call in five ways', async () => {
    await post('subscriptions', { customer: 'ada', plan: 'pro', payment_method: 'pm_card_visa' });
    await stack.settle();
    const seed = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);
    const path = '/v1/billing/meter_events';
    stack.emulator.runFaults({
      seed,
      requests: [
        { kind: 'drop_after_apply', path, probability: 0.1 },
        { kind: 'rate_limit', path, probability: 0.1 },
        { kind: 'server_error', path, probability: 0.1 },
        { kind: 'server_error', path, probability: 0.1, applied: true },
        { kind: 'duplicate_identifier', path, probability: 0.1 },
      ],
    });
    for (let minute = 10; minute < 40; minute++) {
      await go(`01-20T12:${minute}:00`);
      // Up and down again: the last is 40 − 39, the highest 30.
      await use('storage', 40 - minute, `01-20T12:${minute}:00`);
      await use('seats', minute - 9, `01-20T12:${minute}:00`);
      await use('people', 1, `01-20T12:${minute}:00`, { person: `person ${minute % 7}` });
    }
    await go('01-20T12:50:00');
    await renew('02');
    stack.emulator.runFaults({});
    await go('02-01T03:00:00');
    await go('02-01T04:30:00');

    // 30 × 100 + 7 × 30 + 1 × 7, and 1,000 for February.
    expect(await invoiced(), `seed ${seed}`).toEqual([
      [1_000, 'paid'],
      [4_217, 'paid'],
    ]);
  }, 300_000);

  it('are charged by BillingOS the same, where it writes the invoices', async () => {
    await post('subscriptions', { customer: 'ada', plan: 'pro', billing: 'manual' });
    const bill = async (moment: string): Promise<Json> => {
      await go(moment);
      await stack.app.get(BillSubscriptions).run();
      const { body } = await tenant.asServer('GET', 'invoices?limit=1');
      return (await tenant.asServer('GET', `invoices/${body['data'][0].id}`)).body;
    };
    await useInJanuary();
    const january = await bill('02-01T02:00:00');
    expect(january['total'].amount).toBe(2_018);
    expect(
      january['lines'].map((line: Json) => [line['description'], line['quantity'], line['amount'].amount]),
    ).toEqual([
      ['Pro', '1', 1_000],
      ['Pro: seats', '9', 900],
      ['Pro: people', '3', 90],
      ['Pro: storage', '4', 28],
    ]);

    // Late for January: February has seen no more than that.
    await use('seats', 11, '01-30T11:00:00');
    await use('people', 1, '01-30T11:00:00', { person: 'zoe' });
    await go('02-10T00:00:00');
    await use('seats', 2, '02-09T11:00:00');
    await use('people', 1, '02-09T11:00:00', { person: 'bob' });
    const february = await bill('03-01T02:00:00');
    const quantities = february['lines'].map((line: Json) => [
      line['description'].split(': ').at(-1),
      line['quantity'],
    ]);
    expect(quantities).toEqual([
      ['Pro', '1'],
      ['seats', '2'],
      ['seats', '9'],
      ['people', '1'],
      ['people', '1'],
    ]);
    // 11 × 100 + 2 × 30.
    expect(february['total'].amount).toBe(2_160);

    // And nothing is 0.
    expect((await bill('04-01T02:00:00'))['total'].amount).toBe(1_000);
  }, 240_000);
});
