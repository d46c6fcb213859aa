import type Stripe from 'stripe';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FinishDraft } from '../../src/modules/invoices/finish-draft.ts';
import type { Json, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

// INV-11: a renewal is issued when the last use of its period is acknowledged, and what comes later is on the next one.

const at = (text: string) => new Date(`${text}Z`);
const months = ['01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12'];

let stack: TestStack;
let tenant: Tenant;
let year = 2026;
beforeAll(async () => {
  stack = await startStack({ startsAt: at('2027-01-01T00:00:00') });
}, 120_000);
afterAll(() => stack.close());
/** Nothing renews while the next story is told. */
afterEach(async () => {
  const { body } = await tenant.asServer('GET', 'subscriptions?status=running&limit=100');
  for (const { id } of body['data']) {
    await tenant.asServer('POST', `subscriptions/${id}/cancel`, { when: 'now' });
  }
});
beforeEach(async () => {
  stack.emulator.runFaults({});
  stack.emulator.resumeWebhooks();
  year += 1;
  await stack.moveTo(at(`${year}-01-01T00:00:00`));
  tenant = await stack.newConnectedTenant();
}, 120_000);

/** A moment of this story: month, day and time. */
const on = (text: string) => at(`${year}-${text}`);
const go = (text: string) => stack.moveTo(on(text));

async function post(path: string, body?: Json): Promise<Json> {
  const answer = await tenant.asServer('POST', path, body);
  expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
}

/** Ten dollars a month and a price of what `feature` counts, for one customer. */
async function sell(
  feature: Json = {},
  price: Json = { type: 'per_unit', unit_amount: '2' },
  customers = ['ada'],
): Promise<void> {
  await post('features', { key: 'calls', name: 'Calls', type: 'metered', ...feature });
  await post('plans', {
    key: 'pro',
    name: 'Pro',
    prices: [
      { amount: 1_000, currency: 'usd', interval: 'month' },
      { currency: 'usd', interval: 'month', feature: 'calls', ...price },
    ],
    features: [{ feature: 'calls', limit: null }],
  });
  for (const customer of customers) {
    await post('customers', { external_id: customer });
    await post('subscriptions', { customer, plan: 'pro', payment_method: 'pm_card_visa' });
  }
  await stack.settle();
}

let events = 0;
const use = (value: number, occurred: string, more: Json = {}) =>
  post('usage/track', {
    idempotency_key: `renewals-${++events}`,
    customer: 'ada',
    meter: 'calls',
    value,
    occurred_at: on(occurred).toISOString(),
    ...more,
  });

/** What was invoiced, the oldest first: total and status, as we say it. */
async function invoiced(customer = 'ada'): Promise<[number, string][]> {
  const { body } = await tenant.asServer('GET', `invoices?limit=100&customer=${customer}`);
  return body['data'].toReversed().map((invoice: Json) => [invoice['total'].amount, invoice['status']]);
}

async function onStripe(): Promise<Stripe.Invoice[]> {
  const { stripe, account } = await stack.stripeOf(tenant);
  return (await stripe.invoices.list({ limit: 100 }, { stripeAccount: account })).data.toReversed();
}

const alerts = async (): Promise<string[]> =>
  (await tenant.asOwner('GET', 'alerts?state=open')).body['data'].map((alert: Json) => alert['kind']);

const notTaken = { requests: [{ kind: 'rate_limit' as const, path: '/v1/billing/meter_events' }] };

describe('a renewal on Stripe', () => {
  it('has what was used in the last minutes and is reported in the grace; what comes later is on the next', async () => {
    await sell();
    await go('01-15T12:00:00');
    await use(100, '01-15T12:00:00');
    await go('01-31T23:59:40');
    await use(7, '01-31T23:59:35');
    await go('02-01T00:30:00');
    const draft = (await tenant.asServer('GET', 'invoices?limit=1')).body['data'][0];
    expect(draft).toMatchObject({
      status: 'draft',
      usage_due_at: on('02-01T01:02:00').toISOString(),
    });
    expect((await onStripe()).at(-1)).toMatchObject({ status: 'draft', auto_advance: false });
    expect(await use(5, '01-31T23:50:00')).toMatchObject({ status: 'accepted' });
    await go('02-01T00:59:50');
    await use(3, '01-31T23:59:59');
    // The next period's own.
    await use(40, '02-01T00:59:50');
    await go('02-01T01:01:30');
    expect(await invoiced()).toEqual([
      [1_000, 'paid'],
      [1_200, 'draft'],
    ]);
    expect(await use(11, '01-31T23:58:00')).toMatchObject({ late: true });

    await go('02-01T01:03:00');
    // 115 × 2.
    expect(await invoiced()).toEqual([
      [1_000, 'paid'],
      [1_230, 'open'],
    ]);
    await go('02-01T02:10:00');
    expect((await invoiced()).at(-1)).toEqual([1_230, 'paid']);

    await go('03-01T00:30:00');
    await go('03-01T01:03:00');
    await go('03-01T02:10:00');
    // 40 + 11, of which 11 came late.
    expect(await invoiced()).toEqual([
      [1_000, 'paid'],
      [1_230, 'paid'],
      [1_102, 'paid'],
    ]);
    expect(await alerts()).toEqual([]);
  }, 240_000);

  it('stays a draft while Stripe does not take the usage, tells somebody, and is issued whole after that', async () => {
    await sell();
    await go('01-31T23:59:30');
    await use(50, '01-31T23:59:30');
    stack.emulator.runFaults(notTaken);
    await go('02-01T00:30:00');
    await go('02-01T01:03:00');
    expect((await invoiced()).at(-1)).toEqual([1_000, 'draft']);
    expect(await alerts()).toEqual([]);
    await go('02-01T01:40:00');
    await go('02-01T06:00:00');
    expect((await invoiced()).at(-1)).toEqual([1_000, 'draft']);
    expect(await alerts()).toEqual(['invoice.waits_for_usage']);

    stack.emulator.runFaults({});
    await go('02-01T06:20:00');
    await go('02-01T07:30:00');

    expect((await invoiced()).at(-1)).toEqual([1_100, 'paid']);
    expect(await alerts()).toEqual([]);
  }, 240_000);

  it('is issued after three days with what Stripe has, and the rest is on the next', async () => {
    await sell();
    await go('01-20T12:00:00');
    await use(10, '01-20T12:00:00');
    await go('01-31T23:59:30');
    await use(50, '01-31T23:59:30');
    stack.emulator.runFaults(notTaken);
    await go('02-01T00:30:00');
    for (const moment of [
      '02-01T01:03:00',
      '02-01T21:00:00',
      '02-02T09:00:00',
      '02-03T09:00:00',
      '02-04T00:50:00',
    ]) {
      await go(moment);
      expect((await invoiced()).at(-1)).toEqual([1_020, 'draft']);
    }
    await go('02-04T01:20:00');
    await go('02-04T02:30:00');
    expect((await invoiced()).at(-1)).toEqual([1_020, 'paid']);
    expect(await alerts()).toEqual(expect.arrayContaining(['invoice.usage_incomplete']));

    stack.emulator.runFaults({});
    await tenant.asOwner('POST', 'reconciliation/runs');
    await go('02-04T04:00:00');
    await go('02-04T04:05:00');
    await go('03-01T00:30:00');
    await go('03-01T01:03:00');
    await go('03-01T02:10:00');
    expect((await invoiced()).at(-1)).toEqual([1_100, 'paid']);
  }, 240_000);

  it('that was issued without the highest value of its period is shown until somebody settles it', async () => {
    await sell({ aggregation: 'max' });
    await go('01-20T12:00:00');
    await use(10, '01-20T12:00:00');
    await go('01-31T23:59:30');
    await use(15, '01-31T23:59:30');
    stack.emulator.runFaults(notTaken);
    for (const moment of ['02-01T00:30:00', '02-01T01:03:00', '02-02T09:00:00', '02-04T01:20:00']) {
      await go(moment);
    }
    await go('02-04T02:30:00');
    // 1,000 and 10 × 2, of 15.
    expect((await invoiced()).at(-1)).toEqual([1_020, 'paid']);
    stack.emulator.runFaults({});
    // The next period goes on by itself, and says nothing of the one before.
    await use(3, '02-04T02:30:00');
    await go('02-04T03:00:00');

    const differences = async (moment: string) => {
      const { body: run } = await tenant.asOwner('POST', 'reconciliation/runs');
      await go(moment);
      const path = `reconciliation/discrepancies?run=${run['id']}`;
      const { body } = await tenant.asOwner('GET', path);
      return body['data'].filter(({ kind }: Json) => kind === 'meter');
    };
    const late = {
      before: { sent: '10', unsure: '15' },
      after: { counted: '10' },
      repaired_at: null,
      note: expect.stringContaining('was issued with 10, before Stripe acknowledged 15'),
    };
    expect(await differences('02-04T04:00:00')).toMatchObject([late]);
    // It stays until somebody looked.
    const [again] = await differences('02-04T05:00:00');
    expect(again).toMatchObject(late);

    const { body: settled } = await tenant.asOwner(
      'POST',
      `reconciliation/discrepancies/${again['id']}/settle`,
    );
    expect(settled).toMatchObject({ repaired_at: expect.any(String), note: 'Settled by hand.' });
    expect(await differences('02-04T06:00:00')).toEqual([]);
    await go('03-01T00:30:00');
    await go('03-01T01:03:00');
    await go('03-01T02:10:00');
    expect((await invoiced()).at(-1)).toEqual([1_006, 'paid']);
  }, 240_000);

  it('that Stripe issued while nothing of ours ran leaves the rest of its usage to the next', async () => {
    await sell();
    await go('01-31T23:59:30');
    await use(50, '01-31T23:59:30');
    stack.emulator.pauseWebhooks();
    // Nobody told Stripe of it when it issued the renewal, and nobody heard that it did.
    await go('02-01T03:00:00');
    expect((await onStripe()).at(-1)).toMatchObject({ status: 'paid', total: 1_000 });
    await go('02-01T03:05:00');
    stack.emulator.resumeWebhooks();
    await stack.settle();
    await use(1, '02-01T03:05:00');

    await go('03-01T00:30:00');
    await go('03-01T01:03:00');
    await go('03-01T02:10:00');
    expect((await invoiced()).at(-1)).toEqual([1_102, 'paid']);
  }, 240_000);

  it('that looks like a mistake is not issued by its usage being complete, but by its release', async () => {
    await sell();
    for (const month of ['01', '02', '03']) {
      await go(`${month}-10T00:00:00`);
      await use(500, `${month}-10T00:00:00`);
      const next = months[Number(month)];
      await go(`${next}-01T00:30:00`);
      await go(`${next}-01T01:03:00`);
      await go(`${next}-01T02:10:00`);
    }
    await go('04-10T00:00:00');
    await use(90_000, '04-10T00:00:00');
    await go('04-10T00:10:00');
    await go('05-01T00:30:00');
    await go('05-01T03:00:00');
    const parked = (await tenant.asServer('GET', 'invoices?limit=1')).body['data'][0];
    expect(parked).toMatchObject({ status: 'draft', parked_reason: 'unusual_amount' });
    await go('05-02T00:00:00');
    expect((await invoiced()).at(-1)).toEqual([181_000, 'draft']);

    await post(`invoices/${parked['id']}/release`);
    await go('05-02T00:01:00');
    await go('05-02T01:10:00');
    expect((await invoiced()).at(-1)).toEqual([181_000, 'paid']);
  }, 240_000);

  it('that became a mistake by what was reported in the grace is not issued either', async () => {
    await sell();
    for (const month of ['01', '02', '03', '04']) {
      await go(`${month}-10T00:00:00`);
      await use(500, `${month}-10T00:00:00`);
      await go(`${month}-10T00:10:00`);
      const next = months[Number(month)];
      await go(`${next}-01T00:30:00`);
      if (month === '04') {
        await use(90_000, '04-30T23:00:00');
      }
      await go(`${next}-01T01:03:00`);
      await go(`${next}-01T02:10:00`);
    }

    const [parked] = (await tenant.asServer('GET', 'invoices?limit=1')).body['data'];
    // As Stripe says it until it counts anew: 1,000 and 500 × 2.
    expect(parked).toMatchObject({
      status: 'draft',
      total: { amount: 2_000 },
      parked_reason: 'unusual_amount',
    });
    // 1,000 and 90,500 × 2.
    const { body: told } = await tenant.asOwner('GET', 'alerts?state=open');
    expect(told['data']).toMatchObject([{ title: 'An invoice over $1,820.00 is held back' }]);
    await go('05-02T00:00:00');
    expect((await invoiced()).at(-1)).toEqual([2_000, 'draft']);

    await post(`invoices/${parked['id']}/release`);
    await go('05-02T00:01:00');
    await go('05-02T01:10:00');
    expect((await invoiced()).at(-1)).toEqual([182_000, 'paid']);
  }, 240_000);

  it('is issued and charged once, whoever died over it or did not hear Stripe’s answer', async () => {
    await sell();
    await go('01-20T12:00:00');
    await use(10, '01-20T12:00:00');
    await go('02-01T00:30:00');
    const hold = stack.emulator.hold({ method: 'POST', path: '/v1/invoices/*/finalize', phase: 'after' });
    stack.setTime(on('02-01T01:03:00'));
    const died = stack.app.get(FinishDraft).run();
    await hold.caught;
    // Its lease runs out, and others look at the draft.
    stack.setTime(on('02-01T01:09:00'));
    await Promise.all([stack.app.get(FinishDraft).run(), stack.app.get(FinishDraft).run()]);
    hold.release();
    await died;
    await go('02-01T02:30:00');

    expect(await invoiced()).toEqual([
      [1_000, 'paid'],
      [1_020, 'paid'],
    ]);
    expect((await onStripe()).map(({ total, amount_paid: paid }) => [total, paid])).toEqual([
      [1_000, 1_000],
      [1_020, 1_020],
    ]);
  }, 240_000);
});
