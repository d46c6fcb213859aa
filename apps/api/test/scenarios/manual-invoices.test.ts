import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BillSubscriptions } from '../../src/modules/invoices/bill-subscriptions.ts';
import type { Json, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

let stack: TestStack;
let tenant: Tenant;
beforeAll(async () => {
  stack = await startStack({ worker: false, webhooks: false });
});
afterAll(() => stack.close());

const at = (text: string) => new Date(`${text}Z`);
/** On the last of a month, which not every month has. */
const start = at('2026-10-31T10:00:00');

beforeEach(async () => {
  stack.setTime(start);
  tenant = await stack.newTenant();
});

/** Runs what falls due up to a moment. */
async function passTo(text: string): Promise<void> {
  stack.setTime(at(text));
  await bills().run();
}
const bills = () => stack.app.get(BillSubscriptions);

async function sell(plan: object, wish: object = {}): Promise<string> {
  await tenant.asServer('POST', 'features', { key: 'calls', name: 'Calls', type: 'metered' });
  await tenant.asServer('POST', 'plans', {
    key: 'pro',
    name: 'Pro',
    features: [{ feature: 'calls', limit: 1_000, overage: 'allow' }],
    ...plan,
  });
  await tenant.asServer('POST', 'customers', {
    external_id: 'acme',
    name: 'Acme Ltd',
    email: 'ap@acme.test',
  });
  const { status, body } = await tenant.asServer('POST', 'subscriptions', {
    customer: 'acme',
    plan: 'pro',
    billing: 'manual',
    ...wish,
  });
  expect(status, JSON.stringify(body)).toBe(201);
  return body['id'];
}

async function use(value: number, occurredAt: string): Promise<void> {
  const { status, body } = await tenant.asServer('POST', 'usage/track', {
    idempotency_key: `${occurredAt}:${value}`,
    customer: 'acme',
    meter: 'calls',
    value,
    occurred_at: `${occurredAt}Z`,
  });
  expect(status, JSON.stringify(body)).toBeLessThan(300);
}

interface Line {
  description: string;
  quantity: string;
  amount: { amount: number; currency: string };
  period_start: string;
  period_end: string;
}

/** The oldest first, with their lines. */
async function invoices() {
  const { body } = await tenant.asServer('GET', 'invoices?customer=acme&limit=100');
  const ids: string[] = body['data'].map(({ id }: { id: string }) => id).reverse();
  return Promise.all(ids.map(async (id) => (await tenant.asServer('GET', `invoices/${id}`)).body));
}
const linesOf = (invoice: Json | undefined) =>
  ((invoice?.['lines'] ?? []) as Line[]).map((line) => [line.description, line.quantity, line.amount.amount]);

const callsByThousand = {
  prices: [
    {
      type: 'package',
      unit_amount: '100',
      package_size: 1_000,
      currency: 'inr',
      interval: 'month',
      feature: 'calls',
    },
  ],
};

describe('a customer whom BillingOS invoices itself', () => {
  it('pays 1 rupee for each 1,000 calls begun, to the rupee', async () => {
    const id = await sell(callsByThousand);
    stack.setTime(at('2026-11-10T00:00:00'));
    await use(12_000, '2026-11-09T00:00:00');
    await use(345, '2026-11-10T00:00:00');

    // The period ends on 30 November at 10:00, and counts what is reported within an hour more.
    await passTo('2026-11-30T10:59:59');
    expect(await invoices()).toEqual([]);
    await passTo('2026-11-30T11:00:00');

    const [invoice, ...others] = await invoices();
    expect(others).toEqual([]);
    expect(invoice).toMatchObject({
      provider: 'manual',
      number: 'INV-000001',
      status: 'open',
      subscription: id,
      // 12,345 ÷ 1,000 = 12.345: 13 packages at 1 rupee.
      total: { amount: 1_300, currency: 'inr' },
      amount_remaining: { amount: 1_300, currency: 'inr' },
      due_at: '2026-12-14T11:00:00.000Z',
    });
    expect(linesOf(invoice)).toEqual([['Pro: Calls, in packages of 1,000', '12345', 1_300]]);
  });

  it('pays seats in advance and use afterwards, with tax, and may use what the plan grants at once', async () => {
    await tenant.asOwner('PATCH', 'invoice-settings', {
      seller_name: 'Ada GmbH',
      prefix: 'ADA',
      tax_rate: '19',
      tax_label: 'VAT',
      payment_terms_days: 30,
    });
    await sell(
      {
        prices: [
          { amount: 2_000, currency: 'eur', interval: 'month' },
          { type: 'per_seat', amount: 800, currency: 'eur', interval: 'month' },
          {
            type: 'per_unit',
            unit_amount: '0.35',
            included_units: 1_000,
            currency: 'eur',
            interval: 'month',
            feature: 'calls',
          },
        ],
      },
      { quantity: 3 },
    );
    const { body: check } = await tenant.asServer('GET', 'entitlements/check?customer=acme&feature=calls');
    expect(check['allowed']).toBe(true);
    await passTo('2026-10-31T10:00:00');
    stack.setTime(at('2026-11-30T09:59:59'));
    await use(1_501, '2026-11-30T09:59:59');
    // After the period: counts in the next one.
    stack.setTime(at('2026-11-30T10:30:00'));
    await use(7_000, '2026-11-30T10:00:00');
    await passTo('2026-11-30T11:00:00');

    const [first, second, ...others] = await invoices();
    expect(others).toEqual([]);
    expect(linesOf(first)).toEqual([
      ['Pro', '1', 2_000],
      ['Pro, per seat', '3', 2_400],
    ]);
    // 19 % of 2000 and of 2400: 380 and 456.
    expect(first).toMatchObject({
      number: 'ADA-000001',
      subtotal: { amount: 4_400 },
      tax_total: { amount: 836 },
      total: { amount: 5_236 },
      due_at: '2026-11-30T10:00:00.000Z',
    });
    // 501 × 0.35 = 175.35.
    expect(linesOf(second)).toEqual([
      ['Pro', '1', 2_000],
      ['Pro, per seat', '3', 2_400],
      ['Pro: Calls, 1,000 included', '1501', 175],
    ]);
    // 380 + 456 + 33.25.
    expect(second).toMatchObject({
      number: 'ADA-000002',
      tax_total: { amount: 869 },
      total: { amount: 5_444 },
    });
    const { body: subscription } = await tenant.asServer('GET', `subscriptions/${second?.['subscription']}`);
    expect(subscription).toMatchObject({
      provider: 'manual',
      stripe_subscription_id: null,
      current_period_start: '2026-11-30T10:00:00.000Z',
      current_period_end: '2026-12-31T10:00:00.000Z',
    });
  });

  // INV-45
  // INV-7
  it('pays use that was reported too late on the next invoice, with its dates', async () => {
    await sell({
      prices: [
        {
          type: 'graduated',
          tiers: [
            { up_to: 100, unit_amount: '10' },
            { up_to: null, unit_amount: '5' },
          ],
          currency: 'usd',
          interval: 'month',
          feature: 'calls',
        },
      ],
    });
    await tenant.asOwner('PATCH', 'usage-settings', { grace_minutes: 120 });
    stack.setTime(at('2026-11-30T09:00:00'));
    await use(40, '2026-11-29T12:00:00');
    await passTo('2026-11-30T11:30:00');
    expect(await invoices()).toHaveLength(0);
    await use(10, '2026-11-30T09:59:59');
    await passTo('2026-11-30T12:00:00');

    // What was used in November is reported after November is billed.
    await use(30, '2026-11-20T08:00:00');
    await use(50, '2026-11-22T08:00:00');
    stack.setTime(at('2026-12-15T10:00:00'));
    await use(90, '2026-12-15T10:00:00');
    await passTo('2026-12-31T12:00:00');

    const told = (await invoices()).map(({ lines }) =>
      lines.map((line: Line) => [line.description, line.quantity, line.amount.amount]),
    );
    expect(told).toEqual([
      [['Pro: Calls, by tier', '50', 500]],
      [
        ['Pro: Calls, by tier', '90', 900],
        // The first 10 of 80 at 10, the rest at 5: together as 170 on time would cost.
        ['Reported late, used 20 Nov 2026 – 22 Nov 2026: Pro: Calls, by tier', '80', 450],
      ],
    ]);
  });

  it('pays the peak of a period, not what was reported together', async () => {
    await tenant.asServer('POST', 'meters', { key: 'calls', name: 'Calls', aggregation: 'max' });
    await sell({
      prices: [
        { type: 'per_unit', unit_amount: '250', currency: 'usd', interval: 'month', feature: 'calls' },
      ],
    });
    stack.setTime(at('2026-11-20T10:00:00'));
    await use(4, '2026-11-18T10:00:00');
    await use(7, '2026-11-19T10:00:00');
    await use(5, '2026-11-20T09:00:00');
    await passTo('2026-11-30T11:00:00');
    stack.setTime(at('2026-12-02T10:00:00'));
    await use(2, '2026-12-02T09:00:00');
    await passTo('2026-12-31T11:00:00');

    expect((await invoices()).map(({ lines, total }) => [lines[0].quantity, total.amount])).toEqual([
      ['7', 1_750],
      ['2', 500],
    ]);
  });

  it('is invoiced month by month after an outage of three, once, by any number of sweepers', async () => {
    await sell({
      prices: [
        { amount: 1_000, currency: 'usd', interval: 'month' },
        { type: 'per_unit', unit_amount: '2', currency: 'usd', interval: 'month', feature: 'calls' },
      ],
    });
    for (const [time, value] of [
      ['2026-11-15T00:00:00', 10],
      ['2026-12-15T00:00:00', 20],
      ['2027-01-15T00:00:00', 30],
    ] as const) {
      stack.setTime(at(time));
      await use(value, time);
    }

    stack.setTime(at('2027-01-31T11:00:00'));
    await Promise.all([bills().run(), bills().run(), bills().run()]);
    await bills().run();

    const all = await invoices();
    expect(all.map((invoice) => [invoice['number'], invoice['total'].amount])).toEqual([
      ['INV-000001', 1_000],
      // 10, 20 and 30 calls at 2, and 1000 for the next month.
      ['INV-000002', 1_020],
      ['INV-000003', 1_040],
      ['INV-000004', 1_060],
    ]);
    expect(all.map((invoice) => invoice['period_start'])).toEqual([
      '2026-10-31T10:00:00.000Z',
      '2026-11-30T10:00:00.000Z',
      '2026-12-31T10:00:00.000Z',
      '2027-01-31T10:00:00.000Z',
    ]);
  });

  // INV-45: even one subscription that two processes have in their hands.
  it('is invoiced once for a period that is looked at by three at once', async () => {
    const id = await sell({ prices: [{ amount: 1_000, currency: 'usd', interval: 'month' }] });

    stack.setTime(at('2026-11-30T10:00:00'));
    const bill = () => bills().bill(tenant.environment_id, id);
    await Promise.all([bill(), bill(), bill()]);

    expect((await invoices()).map((invoice) => invoice['number'])).toEqual(['INV-000001', 'INV-000002']);
  });

  // INV-33
  it('cannot be charged twice for a price and period, whoever writes it', async () => {
    await sell({ prices: [{ amount: 1_000, currency: 'usd', interval: 'month' }] });
    await passTo('2026-10-31T10:00:00');

    await expect(
      stack.database.owner.query(
        `insert into invoice_lines (environment_id, id, invoice_id, position, kind, quantity, amount, price_id,
           subscription_id, period_start)
         select environment_id, id || 'x', invoice_id, 9, kind, quantity, amount, price_id, subscription_id, period_start
         from invoice_lines where environment_id = $1`,
        [tenant.environment_id],
      ),
    ).rejects.toThrow('invoice_lines_one_per_period');
  });

  it('keeps access to the end of the period and pays the use that is left', async () => {
    const id = await sell({
      prices: [
        { amount: 1_000, currency: 'usd', interval: 'month' },
        { type: 'per_unit', unit_amount: '2', currency: 'usd', interval: 'month', feature: 'calls' },
      ],
    });
    await passTo('2026-10-31T10:00:00');
    const { body: canceled } = await tenant.asServer('POST', `subscriptions/${id}/cancel`, {});
    expect(canceled).toMatchObject({ status: 'active', cancel_at: '2026-11-30T10:00:00.000Z' });
    stack.setTime(at('2026-11-20T00:00:00'));
    await use(5, '2026-11-20T00:00:00');

    await passTo('2026-11-30T10:00:00');
    const { body: ended } = await tenant.asServer('GET', `subscriptions/${id}`);
    const { body: check } = await tenant.asServer('GET', 'entitlements/check?customer=acme&feature=calls');
    await passTo('2026-11-30T11:00:00');
    await passTo('2027-03-01T00:00:00');

    expect(ended).toMatchObject({ status: 'canceled', ended_at: '2026-11-30T10:00:00.000Z' });
    expect(check).toMatchObject({ allowed: false, reason: 'not_entitled' });
    const [, last, ...others] = await invoices();
    expect(others).toEqual([]);
    expect(linesOf(last)).toEqual([['Pro: Calls', '5', 10]]);
  });

  it('can take a cancellation back, and end at once without a refund', async () => {
    const id = await sell({ prices: [{ amount: 1_000, currency: 'usd', interval: 'month' }] });
    await passTo('2026-10-31T10:00:00');
    await tenant.asServer('POST', `subscriptions/${id}/cancel`, {});
    const { body: kept } = await tenant.asServer('POST', `subscriptions/${id}/resume`, {});
    const refused = await tenant.asServer('POST', `subscriptions/${id}/cancel`, {
      when: 'now',
      refund: 'refund',
    });
    const { body: ended } = await tenant.asServer('POST', `subscriptions/${id}/cancel`, { when: 'now' });
    await passTo('2027-03-01T00:00:00');

    expect(kept).toMatchObject({ status: 'active', cancel_at: null });
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'refund_needs_credit_note' } } });
    expect(ended).toMatchObject({ status: 'canceled', ended_at: '2026-10-31T10:00:00.000Z' });
    expect(await invoices()).toHaveLength(1);
  });

  it('is not sold the same group twice, nor with a card', async () => {
    await sell({ prices: [{ amount: 1_000, currency: 'usd', interval: 'month' }] });
    const wish = { customer: 'acme', plan: 'pro', billing: 'manual' };

    const again = await tenant.asServer('POST', 'subscriptions', wish);
    const withCard = await tenant.asServer('POST', 'subscriptions', {
      ...wish,
      payment_method: 'pm_card_visa',
    });

    expect(again).toMatchObject({ status: 409, body: { error: { code: 'already_subscribed' } } });
    expect(withCard).toMatchObject({ status: 409, body: { error: { code: 'not_billed_manually' } } });
  });
});

describe('a manual invoice', () => {
  const issued = async () => {
    await sell({ prices: [{ amount: 1_000, currency: 'usd', interval: 'month' }] });
    await passTo('2026-10-31T10:00:00');
    const [invoice] = await invoices();
    return String(invoice?.['id']);
  };

  it('is paid when the money came', async () => {
    const id = await issued();
    stack.setTime(at('2026-11-05T00:00:00'));
    const early = await tenant.asServer('POST', `invoices/${id}/mark-paid`, {
      paid_at: '2026-11-06T00:00:00Z',
    });
    const paid = await tenant.asServer('POST', `invoices/${id}/mark-paid`, {
      paid_at: '2026-11-04T00:00:00Z',
      reference: 'SEPA 4711',
    });
    const again = await tenant.asServer('POST', `invoices/${id}/mark-paid`, {});

    expect(early).toMatchObject({ status: 422, body: { error: { code: 'paid_in_future' } } });
    expect(paid.body).toMatchObject({
      status: 'paid',
      paid_at: '2026-11-04T00:00:00.000Z',
      amount_paid: { amount: 1_000 },
      amount_remaining: { amount: 0 },
    });
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'invoice_not_open' } } });
  });

  it('is void for good, and its number is not used again', async () => {
    const id = await issued();
    const { body } = await tenant.asServer('POST', `invoices/${id}/void`, {});
    await tenant.asServer('POST', `invoices/${id}/void`, {});
    await passTo('2026-11-30T10:00:00');

    expect(body).toMatchObject({ status: 'void', total: { amount: 1_000 } });
    expect((await invoices()).map((invoice) => [invoice['number'], invoice['status']])).toEqual([
      ['INV-000001', 'void'],
      ['INV-000002', 'open'],
    ]);
  });

  // INV-36
  it('is as it was when a credit note on it is void, and settled when nothing is left', async () => {
    const id = await issued();
    const invoice = async () => {
      const { version, updated_at, credit_notes, ...state } = (await tenant.asServer('GET', `invoices/${id}`))
        .body;
      return { state, notes: credit_notes, version, updated_at };
    };
    const before = await invoice();
    const notes = `invoices/${id}/credit-notes`;

    const part = await tenant.asServer('POST', notes, { amount: 300, reason: 'order_change' });
    const lowered = await invoice();
    const rest = await tenant.asServer('POST', notes, { amount: 700 });
    const settled = await invoice();
    const tooMuch = await tenant.asServer('POST', notes, { amount: 1 });
    for (const note of [rest, part, part]) {
      await tenant.asServer('POST', `credit-notes/${note.body['id']}/void`);
    }
    const after = await invoice();

    expect(part).toMatchObject({ status: 201, body: { number: 'INV-CN-000001', before_payment: true } });
    expect(lowered.state).toMatchObject({ status: 'open', amount_remaining: { amount: 700 } });
    expect(settled.state).toMatchObject({
      status: 'paid',
      amount_remaining: { amount: 0 },
      amount_paid: { amount: 0 },
    });
    expect(tooMuch).toMatchObject({ status: 409, body: { error: { code: 'credit_note_too_large' } } });
    expect(after.state).toEqual(before.state);
    expect(after.notes.map((note: Json) => note['status'])).toEqual(['void', 'void']);
  });

  it('is given back by other means when it was paid', async () => {
    const id = await issued();
    await tenant.asServer('POST', `invoices/${id}/mark-paid`, {});
    const lines = (await tenant.asServer('GET', `invoices/${id}`)).body['lines'];
    const note = await tenant.asServer('POST', `invoices/${id}/credit-notes`, {
      lines: [{ line: lines[0].id, amount: 400 }],
    });
    const byCard = await tenant.asServer('POST', `invoices/${id}/credit-notes`, {
      amount: 1,
      refund_amount: 1,
    });

    expect(note.body).toMatchObject({ before_payment: false, out_of_band_amount: { amount: 400 } });
    expect(byCard).toMatchObject({ status: 409, body: { error: { code: 'invoice_not_on_stripe' } } });
    const { body } = await tenant.asServer('GET', `invoices/${id}`);
    expect(body).toMatchObject({
      status: 'paid',
      amount_paid: { amount: 1_000 },
      amount_credited: { amount: 400 },
    });
    await tenant.asServer('POST', `credit-notes/${note.body['id']}/void`);
    const { body: undone } = await tenant.asServer('GET', `invoices/${id}`);
    expect(undone).toMatchObject({ amount_credited: { amount: 0 } });
  });

  it('is a PDF to send', async () => {
    const id = await issued();
    const response = await stack.app.inject({
      method: 'GET',
      url: `/api/v1/invoices/${id}/pdf`,
      headers: { authorization: `Bearer ${tenant.secretKey}` },
    });

    expect(response.headers).toMatchObject({
      'content-type': 'application/pdf',
      'content-disposition': 'attachment; filename="INV-000001.pdf"',
    });
    expect(response.rawPayload.subarray(0, 5).toString()).toBe('%PDF-');
  });

  it('is numbered without a gap when an attempt to issue it fails', async () => {
    await issued();
    const { owner } = stack.database;
    await owner.query(`alter table invoice_lines add constraint broken check (amount <> 1000) not valid`);
    await passTo('2026-11-30T10:00:00');
    await owner.query('alter table invoice_lines drop constraint broken');
    await passTo('2026-11-30T10:06:00');

    expect((await invoices()).map((invoice) => invoice['number'])).toEqual(['INV-000001', 'INV-000002']);
  });

  it('says what the settings said when it was issued', async () => {
    await tenant.asOwner('PATCH', 'invoice-settings', { seller_name: 'Before Ltd', notes: 'IBAN 1' });
    const id = await issued();
    await tenant.asOwner('PATCH', 'invoice-settings', { seller_name: 'After Ltd', tax_rate: '20' });

    const { rows } = await stack.database.owner.query(
      'select seller_name, notes, customer_name, tax_rate from manual_invoices where invoice_id = $1',
      [id],
    );
    expect(rows).toEqual([
      { seller_name: 'Before Ltd', notes: 'IBAN 1', customer_name: 'Acme Ltd', tax_rate: '0' },
    ]);
  });
});
