import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sweeper } from '../../src/platform/jobs/sweeper.ts';
import type { Json, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

// INV-45. Nothing of ours ran for three months, while Stripe went on. Then three schedulers begin at once.

const day = 24 * 60 * 60;
const months = 3;

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack({ worker: false });
}, 120_000);
afterAll(() => stack.close());

/** Three schedulers at once, again and again, until what they began has ended. */
async function catchUp(): Promise<void> {
  const sweeper = stack.app.get(Sweeper);
  for (let turn = 0; turn < 4; turn += 1) {
    await Promise.all([sweeper.runAll(), sweeper.runAll(), sweeper.runAll()]);
    await stack.settle();
  }
}

async function sell(tenant: Tenant, customer: string, wish: object): Promise<Json> {
  await tenant.asServer('POST', 'customers', {
    external_id: customer,
    name: customer,
    email: `${customer}@outage.test`,
  });
  const { status, body } = await tenant.asServer('POST', 'subscriptions', { customer, ...wish });
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
}

describe('after an outage of three months', () => {
  it('what fell due is done period by period, and each thing once, by three schedulers', async () => {
    const tenant = await stack.newConnectedTenant();
    await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
    const plan = (key: string, more: object = {}) =>
      tenant.asServer('POST', 'plans', {
        key,
        name: key,
        group: key,
        prices: [{ amount: 1_000, currency: 'usd', interval: 'month' }],
        features: [{ feature: 'exports' }],
        ...more,
      });
    await plan('pro');
    await plan('tried', { trial: { days: 14, requires_card: true, end: 'cancel' } });
    await stack.startWorker();
    const manual = await sell(tenant, 'transfers', { plan: 'pro', billing: 'manual' });
    const poor = await sell(tenant, 'poor', { plan: 'pro', payment_method: 'pm_card_visa' });
    await sell(tenant, 'trying', { plan: 'tried', payment_method: 'pm_card_visa' });
    await catchUp();
    const { stripe, account } = await stack.stripeOf(tenant);
    const options = { stripeAccount: account };
    const { data: cards } = await stripe.paymentMethods.list(
      { customer: (await tenant.asServer('GET', 'customers/poor')).body['stripe_customer_id'] },
      options,
    );
    for (const { id } of cards) {
      stack.emulator.turnCard(id, '4000000000009995');
    }
    await stack.stopWorker();
    stack.mailbox.mails.length = 0;
    const runs = async (): Promise<Json[]> => {
      const { rows } = await stack.database.owner.query(
        'select trigger, state from reconciliation_runs where environment_id = $1',
        [tenant.environment_id],
      );
      return rows;
    };
    const runsBefore = (await runs()).length;

    stack.emulator.advanceTo(stack.emulator.now() + months * 31 * day);
    stack.setTime(new Date(stack.emulator.now() * 1_000));
    await stack.startWorker();
    await catchUp();

    // Each month of the one who pays by transfer has its invoice, numbered in order.
    const { body: invoices } = await tenant.asServer(
      'GET',
      `invoices?subscription=${manual['id']}&limit=100`,
    );
    const billed: Json[] = invoices['data'].toReversed();
    expect(billed.map(({ number, total }) => [number, total.amount])).toEqual([
      ['INV-000001', 1_000],
      ['INV-000002', 1_000],
      ['INV-000003', 1_000],
      ['INV-000004', 1_000],
    ]);
    expect(billed.slice(1).map(({ period_start: start }) => start)).toEqual(
      billed.slice(0, -1).map(({ period_end: end }) => end),
    );

    // Each month that the poor one owes has its recovery, which begins now: no attempt was missed.
    const { body: owed } = await tenant.asServer('GET', `invoices?subscription=${poor['id']}&limit=100`);
    const { rows: recoveries } = await stack.database.owner.query<{ invoice_id: string; attempts: number }>(
      'select invoice_id, attempts from recoveries where environment_id = $1',
      [tenant.environment_id],
    );
    expect(new Set(recoveries.map(({ invoice_id: id }) => id)).size).toBe(recoveries.length);
    const unpaid: Json[] = owed['data'].filter(({ status }: Json) => status === 'open');
    expect(recoveries.map(({ invoice_id: id }) => id).toSorted()).toEqual(
      unpaid.map(({ id }) => id as string).toSorted(),
    );
    expect(unpaid).toHaveLength(3);
    const attempts = () =>
      Promise.all(
        unpaid.map(async ({ id }) => {
          const { body } = await tenant.asServer('GET', `invoices/${id}`);
          return body['payments'].map(({ status }: Json) => status);
        }),
      );
    expect(await attempts()).toEqual([['failed'], ['failed'], ['failed']]);
    const subscription = await tenant.asServer('GET', `subscriptions/${poor['id']}`);
    expect(subscription.body['status']).toBe('past_due');

    // What should have been told in time is not told late; each failed month is told once.
    const told = (customer: string) =>
      stack.mailbox.mails.filter(({ to }) => to === `${customer}@outage.test`);
    expect(told('trying').filter(({ subject }) => subject.includes('ends on'))).toEqual([]);
    expect(told('poor')).toHaveLength(3);

    // One reconciliation for all the hours, which ended.
    const after = await runs();
    expect(after.length).toBe(runsBefore + 1);
    expect(after.every(({ state }) => state === 'done')).toBe(true);

    // Three days later each is tried, once.
    stack.emulator.advanceTo(stack.emulator.now() + 3 * day + 60);
    stack.setTime(new Date(stack.emulator.now() * 1_000));
    await catchUp();
    expect(await attempts()).toEqual([
      ['failed', 'failed'],
      ['failed', 'failed'],
      ['failed', 'failed'],
    ]);
  }, 240_000);
});
