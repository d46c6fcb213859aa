import type Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BillSubscriptions } from '../../src/modules/invoices/bill-subscriptions.ts';
import type { Json, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

// INV-33: what looks like a mistake is held back before anybody is charged.

const at = (text: string) => new Date(`${text}Z`);

const alertsOf = async (tenant: Tenant): Promise<Json[]> =>
  (await tenant.asOwner('GET', 'alerts?state=open')).body['data'];
const invoicesOf = async (tenant: Tenant): Promise<Json[]> =>
  (await tenant.asServer('GET', 'invoices?limit=100')).body['data'].toReversed();

describe('an invoice that BillingOS writes', () => {
  let stack: TestStack;
  let tenant: Tenant;
  beforeAll(async () => {
    stack = await startStack({ worker: false, webhooks: false });
    // Use is kept by months, which a sweep makes.
    for (const month of ['2026-02-01', '2026-05-01']) {
      await stack.database.owner.query('select app.ensure_usage_partitions($1)', [month]);
    }
  });
  afterAll(() => stack.close());

  beforeEach(async () => {
    stack.setTime(at('2026-01-01T00:00:00'));
    tenant = await stack.newTenant();
    await tenant.asServer('POST', 'features', { key: 'calls', name: 'Calls', type: 'metered' });
    await tenant.asServer('POST', 'plans', {
      key: 'pro',
      name: 'Pro',
      features: [{ feature: 'calls', limit: 1_000, overage: 'allow' }],
      prices: [{ type: 'per_unit', feature: 'calls', unit_amount: '1', currency: 'usd', interval: 'month' }],
    });
    await tenant.asServer('POST', 'customers', { external_id: 'acme', name: 'Acme Ltd' });
    await tenant.asServer('POST', 'subscriptions', { customer: 'acme', plan: 'pro', billing: 'manual' });
  });

  async function use(value: number, day: string): Promise<void> {
    stack.setTime(at(`${day}T12:00:00`));
    const { status } = await tenant.asServer('POST', 'usage/track', {
      idempotency_key: day,
      customer: 'acme',
      meter: 'calls',
      value,
    });
    expect(status).toBeLessThan(300);
  }
  async function passTo(day: string): Promise<void> {
    stack.setTime(at(`${day}T02:00:00`));
    await stack.app.get(BillSubscriptions).run();
  }
  /** Three months of $20.00, $30.00 and $25.00. */
  async function usualMonths(): Promise<void> {
    for (const [month, next, calls] of [
      ['01', '02', 2_000],
      ['02', '03', 3_000],
      ['03', '04', 2_500],
    ] as const) {
      await use(calls, `2026-${month}-15`);
      await passTo(`2026-${next}-01`);
    }
  }

  it('over more than ten times the median of the ones before gets no number until somebody releases it', async () => {
    await usualMonths();
    await use(25_001, '2026-04-15');
    await passTo('2026-05-01');

    const parked = (await invoicesOf(tenant)).at(-1);
    expect(parked).toMatchObject({
      number: null,
      status: 'draft',
      total: { amount: 25_001, currency: 'usd' },
      parked_at: '2026-05-01T02:00:00.000Z',
      parked_reason: 'unusual_amount',
      issued_at: null,
      due_at: null,
    });
    const id: string = parked?.['id'];
    expect(await alertsOf(tenant)).toMatchObject([
      {
        kind: 'invoice.parked',
        severity: 'critical',
        title: 'An invoice over $250.01 is held back',
        target: { type: 'invoice', id },
      },
    ]);
    expect((await tenant.asServer('POST', `invoices/${id}/mark-paid`, {})).body['error'].code).toBe(
      'invoice_not_open',
    );

    // The next month goes on as ever.
    await use(2_000, '2026-05-15');
    await passTo('2026-06-01');
    expect((await invoicesOf(tenant)).map(({ number, status }) => [number, status])).toEqual([
      ['INV-000001', 'open'],
      ['INV-000002', 'open'],
      ['INV-000003', 'open'],
      [null, 'draft'],
      ['INV-000004', 'open'],
    ]);

    const [released, again] = await Promise.all([
      tenant.asServer('POST', `invoices/${id}/release`),
      tenant.asServer('POST', `invoices/${id}/release`),
    ]);
    expect([released.status, again.status].toSorted()).toEqual(
      again.status === released.status ? [200, 200] : [200, 409],
    );
    expect((await tenant.asServer('GET', `invoices/${id}`)).body).toMatchObject({
      number: 'INV-000005',
      status: 'open',
      parked_at: null,
      issued_at: '2026-06-01T02:00:00.000Z',
      due_at: '2026-06-15T02:00:00.000Z',
    });
    expect(await alertsOf(tenant)).toEqual([]);
    const third = await tenant.asServer('POST', `invoices/${id}/release`);
    expect([third.status, third.body['error'].code]).toEqual([409, 'invoice_not_parked']);
  });

  it('over exactly ten times the median is issued', async () => {
    await usualMonths();
    await use(25_000, '2026-04-15');
    await passTo('2026-05-01');

    expect((await invoicesOf(tenant)).at(-1)).toMatchObject({ number: 'INV-000004', status: 'open' });
  });

  it('after only two others is issued, however large', async () => {
    await use(2_000, '2026-01-15');
    await passTo('2026-02-01');
    await use(2_000, '2026-02-15');
    await passTo('2026-03-01');
    await use(900_000, '2026-03-15');
    await passTo('2026-04-01');

    expect((await invoicesOf(tenant)).at(-1)).toMatchObject({ number: 'INV-000003', status: 'open' });
  });

  it('and was held back can be void instead, and leaves no gap in the numbers', async () => {
    await usualMonths();
    await use(90_000, '2026-04-15');
    await passTo('2026-05-01');
    const id: string = (await invoicesOf(tenant)).at(-1)?.['id'];

    const voided = await tenant.asServer('POST', `invoices/${id}/void`);

    expect(voided.body).toMatchObject({ status: 'void', number: null, parked_at: null });
    expect(await alertsOf(tenant)).toEqual([]);
    await use(2_000, '2026-05-15');
    await passTo('2026-06-01');
    expect((await invoicesOf(tenant)).at(-1)).toMatchObject({ number: 'INV-000004' });
  });

  it('as the sixteenth line of a subscription in a day is held back', async () => {
    const { rows } = await stack.database.owner.query<{ id: string; customer: string; environment: string }>(
      'select id, customer_id as customer, environment_id as environment from subscriptions where environment_id = $1',
      [tenant.environment_id],
    );
    const [subscription] = rows;
    await use(2_000, '2026-01-15');
    // As if something had gone wrong and written fifteen lines that day.
    await stack.database.owner.query(
      `insert into invoices (environment_id, id, provider, customer_id, subscription_id, status, billing_reason, currency,
         subtotal, total, amount_due, amount_remaining, created_at, updated_at)
       values ($1, 'inv_mistake', 'manual', $2, $3, 'open', 'subscription_cycle', 'usd', 15, 15, 15, 15,
         '2026-01-31T20:00:00Z', '2026-01-31T20:00:00Z')`,
      [subscription?.environment, subscription?.customer, subscription?.id],
    );
    await stack.database.owner.query(
      `insert into invoice_lines (environment_id, id, invoice_id, position, kind, quantity, amount)
       select $1, 'line_' || n, 'inv_mistake', n, 'usage', 1, 1 from generate_series(1, 15) n`,
      [subscription?.environment],
    );
    await passTo('2026-02-01');

    expect(await invoicesOf(tenant)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ status: 'draft', parked_reason: 'too_many_lines', number: null }),
      ]),
    );
  });
});

describe('a draft on Stripe', () => {
  let stack: TestStack;
  let tenant: Tenant;
  let stripe: Stripe;
  let options: { stripeAccount: string };
  beforeAll(async () => {
    stack = await startStack({ startsAt: at('2026-01-01T00:00:00') });
    tenant = await stack.newConnectedTenant();
    const account = await stack.stripeOf(tenant);
    stripe = account.stripe;
    options = { stripeAccount: account.account };
  }, 120_000);
  afterAll(() => stack.close());

  it('over far more than usual is not charged until somebody releases it', async () => {
    await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
    await tenant.asServer('POST', 'plans', {
      key: 'pro',
      name: 'Pro',
      prices: [{ amount: 1_900, currency: 'usd', interval: 'month' }],
      features: [{ feature: 'exports' }],
    });
    await tenant.asServer('POST', 'customers', { external_id: 'acme' });
    const sold = await tenant.asServer('POST', 'subscriptions', {
      customer: 'acme',
      plan: 'pro',
      payment_method: 'pm_card_visa',
    });
    expect(sold.status).toBe(201);
    await stack.settle();
    for (const month of ['02', '03']) {
      await stack.moveTo(at(`2026-${month}-01T00:30:00`));
      await stack.moveTo(at(`2026-${month}-01T03:00:00`));
    }
    const { body: customer } = await tenant.asServer('GET', 'customers/acme');
    await stripe.invoiceItems.create(
      { customer: customer['stripe_customer_id'], amount: 250_000, currency: 'usd' },
      options,
    );

    await stack.moveTo(at('2026-04-01T00:30:00'));
    const draft = (await invoicesOf(tenant)).at(-1);
    expect(draft).toMatchObject({
      status: 'draft',
      total: { amount: 251_900, currency: 'usd' },
      parked_reason: 'unusual_amount',
    });
    expect(await alertsOf(tenant)).toMatchObject([{ title: 'An invoice over $2,519.00 is held back' }]);
    await stack.moveTo(at('2026-04-02T00:00:00'));
    const id: string = draft?.['id'];
    expect((await tenant.asServer('GET', `invoices/${id}`)).body).toMatchObject({
      status: 'draft',
      payments: [],
    });

    const released = await tenant.asServer('POST', `invoices/${id}/release`);
    expect([released.status, released.body['parked_at']]).toEqual([200, null]);
    await stack.moveTo(at('2026-04-02T02:00:00'));

    expect((await tenant.asServer('GET', `invoices/${id}`)).body).toMatchObject({
      status: 'paid',
      amount_paid: { amount: 251_900, currency: 'usd' },
      parked_at: null,
    });
    expect((await invoicesOf(tenant)).map(({ status }) => status)).toEqual(['paid', 'paid', 'paid', 'paid']);
    expect(await alertsOf(tenant)).toEqual([]);
  }, 240_000);
});
