import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

const hour = 3_600;

let stack: TestStack;
let tenant: Tenant;
let stripe: Stripe;
let options: { stripeAccount: string };
let customers = 0;

beforeAll(async () => {
  stack = await startStack();
  tenant = await stack.newConnectedTenant();
  const { asServer } = tenant;
  await asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  await asServer('POST', 'plans', {
    key: 'pro',
    name: 'Pro',
    prices: [{ amount: 1_900, currency: 'usd', interval: 'month' }],
    features: [{ feature: 'exports' }],
  });
  await stack.settle();
  const account = await stack.stripeOf(tenant);
  stripe = account.stripe;
  options = { stripeAccount: account.account };
});
afterAll(() => stack.close());

interface Subscriber {
  customer: string;
  stripe_customer: string;
  subscription: string;
  period_end: number;
}

/** A customer who pays $19.00 a month. */
async function subscriber(card = 'pm_card_visa'): Promise<Subscriber> {
  const customer = `user_${(customers += 1)}`;
  await tenant.asServer('POST', 'customers', { external_id: customer });
  const { status, body } = await tenant.asServer('POST', 'subscriptions', {
    customer,
    plan: 'pro',
    payment_method: card,
  });
  expect([status, body['status']]).toEqual([201, 'active']);
  const { body: ours } = await tenant.asServer('GET', `customers/${customer}`);
  await stack.settle();
  return {
    customer,
    stripe_customer: ours['stripe_customer_id'],
    subscription: body['id'],
    period_end: Date.parse(body['current_period_end']) / 1_000,
  };
}

async function setCard({ stripe_customer: customer }: Subscriber, card: string): Promise<string> {
  const method = await stripe.paymentMethods.attach(card, { customer }, options);
  await stripe.customers.update(
    customer,
    { invoice_settings: { default_payment_method: method.id } },
    options,
  );
  return method.id;
}

/** Moves Stripe to an hour after the end of the period, when the next invoice is charged. */
async function renew(who: Subscriber): Promise<void> {
  stack.emulator.advanceTo(who.period_end + hour + 60);
  await stack.settle();
}

async function invoicesOf({ customer }: Subscriber): Promise<Json[]> {
  const { body } = await tenant.asServer('GET', `invoices?customer=${customer}`);
  return Promise.all(
    body['data'].map(async ({ id }: Json) => (await tenant.asServer('GET', `invoices/${id}`)).body),
  );
}

/** The newest invoice of a customer. */
async function invoiceOf(who: Subscriber): Promise<Json> {
  const [newest] = await invoicesOf(who);
  return newest ?? {};
}

async function isAllowed({ customer }: Subscriber): Promise<boolean> {
  const path = `entitlements/check?customer=${customer}&feature=exports`;
  return (await tenant.asServer('GET', path)).body['allowed'];
}

async function pay(id: string, body: object = {}) {
  return tenant.asServer('POST', `invoices/${id}/pay`, body);
}

const usd = (amount: number) => ({ amount, currency: 'usd' });

async function nothingFailed(): Promise<void> {
  expect((await tenant.asOwner('GET', 'jobs?state=failed')).body['data']).toEqual([]);
  expect((await tenant.asOwner('GET', 'webhook-events?state=failed')).body['data']).toEqual([]);
}

describe('an invoice', () => {
  it('is taken over with its line and payment, at the start and at each renewal', async () => {
    const who = await subscriber();
    expect(await invoicesOf(who)).toMatchObject([
      {
        status: 'paid',
        billing_reason: 'subscription_create',
        subscription: who.subscription,
        total: usd(1_900),
        amount_due: usd(1_900),
        amount_paid: usd(1_900),
        amount_remaining: usd(0),
        lines: [{ kind: 'recurring', quantity: '1', unit_amount: '1900', amount: usd(1_900) }],
        payments: [{ status: 'succeeded', amount: usd(1_900), method: { brand: 'visa', last4: '4242' } }],
        credit_notes: [],
        refunds: [],
      },
    ]);

    await renew(who);

    // Two months at 1,900.
    expect(await invoicesOf(who)).toMatchObject([
      { status: 'paid', billing_reason: 'subscription_cycle', total: usd(1_900), amount_paid: usd(1_900) },
      { status: 'paid', billing_reason: 'subscription_create', total: usd(1_900) },
    ]);
    const { body: summary } = await tenant.asOwner('GET', 'invoices/summary');
    expect(summary['by_currency']).toMatchObject([{ currency: 'usd', open: usd(0), overdue: usd(0) }]);
    await nothingFailed();
  });

  it('that a bank refused stays open, says why, and is paid by a new card', async () => {
    const who = await subscriber();
    await setCard(who, 'pm_card_chargeCustomerFail');
    await renew(who);
    const open = await invoiceOf(who);
    expect(open).toMatchObject({
      status: 'open',
      amount_remaining: usd(1_900),
      attempt_count: 1,
      payments: [{ status: 'failed', failure_code: 'generic_decline', method: { last4: '0341' } }],
    });
    expect((await tenant.asOwner('GET', 'invoices/summary')).body['by_currency']).toMatchObject([
      { open: usd(1_900), open_count: 1, overdue: usd(1_900), overdue_count: 1 },
    ]);

    const declined = await pay(open['id']);
    expect(declined.body).toMatchObject({
      outcome: 'declined',
      decline: { code: 'generic_decline', is_final: false },
      invoice: { status: 'open', is_payment_under_way: false },
    });
    const paid = await pay(open['id'], { payment_method: 'pm_card_mastercard' });
    expect(paid.body).toMatchObject({
      outcome: 'paid',
      decline: null,
      invoice: {
        status: 'paid',
        amount_paid: usd(1_900),
        payments: [
          { status: 'failed' },
          { status: 'failed' },
          { status: 'succeeded', method: { brand: 'mastercard', last4: '4444' } },
        ],
      },
    });
    const { body: subscription } = await tenant.asServer('GET', `subscriptions/${who.subscription}`);
    expect(subscription).toMatchObject({ status: 'active', past_due_since: null });

    const again = await pay(open['id']);
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'invoice_not_open' } } });
    await stack.settle();
    await nothingFailed();
  });

  it('tells a card that is lost from one that may pay tomorrow', async () => {
    const who = await subscriber();
    await setCard(who, 'pm_card_chargeCustomerFail');
    await renew(who);
    const { id } = await invoiceOf(who);

    const lost = await pay(id, { payment_method: 'pm_card_visa_chargeDeclinedLostCard' });
    expect(lost.body).toMatchObject({ outcome: 'declined', decline: { code: 'lost_card', is_final: true } });
    const poor = await pay(id, { payment_method: 'pm_card_visa_chargeDeclinedInsufficientFunds' });
    expect(poor.body['decline']).toMatchObject({ code: 'insufficient_funds', is_final: false });
    await pay(id, { payment_method: 'pm_card_visa' });
  });

  it('waits for its customer where the bank wants a confirmation', async () => {
    const who = await subscriber();
    await setCard(who, 'pm_card_authenticationRequired');
    await renew(who);
    const { id } = await invoiceOf(who);

    const asked = await pay(id);
    expect(asked.body).toMatchObject({
      outcome: 'requires_action',
      decline: { code: 'authentication_required' },
      hosted_invoice_url: expect.stringContaining('/i/in_'),
      invoice: { status: 'open' },
    });
    await pay(id, { payment_method: 'pm_card_visa' });
  });

  it('can be void, for good, or given up', async () => {
    const who = await subscriber();
    await setCard(who, 'pm_card_chargeCustomerFail');
    await renew(who);
    const { id } = await invoiceOf(who);

    const given = await tenant.asServer('POST', `invoices/${id}/mark-uncollectible`, {});
    expect(given.body).toMatchObject({ status: 'uncollectible', amount_remaining: usd(1_900) });
    const paid = await pay(id);
    expect(paid.body['error']).toMatchObject({ code: 'invoice_not_open' });

    const other = await subscriber();
    await setCard(other, 'pm_card_chargeCustomerFail');
    await renew(other);
    const open = await invoiceOf(other);
    const voided = await tenant.asServer('POST', `invoices/${open['id']}/void`, {});
    expect(voided.body).toMatchObject({ status: 'void', voided_at: expect.any(String) });
    const again = await tenant.asServer('POST', `invoices/${open['id']}/void`, {});
    expect(again.status).toBe(200);
    expect((await pay(open['id'])).status).toBe(409);
    expect(await isAllowed(other)).toBe(true);
  });
});

describe('a refund', () => {
  it('gives back some, then the rest, and never more than was paid', async () => {
    const who = await subscriber();
    const { id } = await invoiceOf(who);

    const some = await tenant.asServer('POST', `invoices/${id}/refund`, {
      amount: 500,
      reason: 'requested_by_customer',
    });
    expect([some.status, some.body]).toMatchObject([
      201,
      { status: 'succeeded', amount: usd(500), reason: 'requested_by_customer', invoice: id },
    ]);
    // 1,900 paid − 500 back leaves 1,400.
    const much = await tenant.asServer('POST', `invoices/${id}/refund`, { amount: 1_401 });
    expect(much).toMatchObject({ status: 409, body: { error: { code: 'refund_too_large' } } });
    expect(much.body['error'].message).toContain('1400');
    const rest = await tenant.asServer('POST', `invoices/${id}/refund`, {});
    expect(rest.body).toMatchObject({ status: 'succeeded', amount: usd(1_400) });
    const none = await tenant.asServer('POST', `invoices/${id}/refund`, {});
    expect(none).toMatchObject({ status: 409, body: { error: { code: 'nothing_to_refund' } } });

    expect(await invoiceOf(who)).toMatchObject({
      status: 'paid',
      amount_paid: usd(1_900),
      amount_refunded: usd(1_900),
      refunds: [{ amount: usd(500) }, { amount: usd(1_400) }],
    });
    // Money that went back ends no access by itself.
    expect(await isAllowed(who)).toBe(true);
    await stack.settle();
    await nothingFailed();
  });

  it('can end the subscription with it', async () => {
    const who = await subscriber();
    const { id } = await invoiceOf(who);

    await tenant.asServer('POST', `invoices/${id}/refund`, { cancel_subscription: true });

    expect(await isAllowed(who)).toBe(false);
    const { body } = await tenant.asServer('GET', `subscriptions/${who.subscription}`);
    expect(body['status']).toBe('canceled');
    await stack.settle();
    await nothingFailed();
  });

  it('that the bank sends back counts for nothing', async () => {
    const who = await subscriber('pm_card_refundFail');
    const { id } = await invoiceOf(who);
    const begun = await tenant.asServer('POST', `invoices/${id}/refund`, {});
    expect(begun.body).toMatchObject({ status: 'pending', amount: usd(1_900) });
    expect(await invoiceOf(who)).toMatchObject({ amount_refunded: usd(1_900) });

    stack.emulator.advanceTo(stack.emulator.now() + 120);
    await stack.settle();

    expect(await invoiceOf(who)).toMatchObject({
      amount_refunded: usd(0),
      refunds: [{ status: 'failed', failure_reason: 'expired_or_canceled_card' }],
    });
    // It can be tried again.
    expect((await tenant.asServer('POST', `invoices/${id}/refund`, {})).status).toBe(201);
    await stack.settle();
    await nothingFailed();
  });

  it('that is asked for twice at once is made once', async () => {
    const who = await subscriber();
    const { id } = await invoiceOf(who);

    const both = await Promise.all(
      [1, 2].map(() => tenant.asServer('POST', `invoices/${id}/refund`, { amount: 900 })),
    );

    expect(both.every(({ status }) => status === 201 || status === 503)).toBe(true);
    await stack.settle();
    expect((await invoiceOf(who))['refunds']).toMatchObject([{ amount: usd(900) }]);
  });
});

describe('a credit note', () => {
  it('of a paid invoice becomes credit, which the next invoice uses', async () => {
    const who = await subscriber();
    const { id } = await invoiceOf(who);

    const note = await tenant.asServer('POST', `invoices/${id}/credit-notes`, {
      amount: 700,
      reason: 'product_unsatisfactory',
      memo: 'A day without service.',
    });
    expect([note.status, note.body]).toMatchObject([
      201,
      { status: 'issued', amount: usd(700), credit_amount: usd(700), refund_amount: usd(0) },
    ]);
    const path = `customers/${who.customer}/balance`;
    expect((await tenant.asServer('GET', path)).body).toMatchObject({
      balance: [usd(700)],
      entries: [{ amount: usd(700), balance_after: usd(700), type: 'credit_note', invoice: id }],
    });
    expect(await invoiceOf(who)).toMatchObject({ status: 'paid', amount_credited: usd(700) });

    await renew(who);

    // 1,900 − 700 of credit = 1,200 charged; the balance is used up.
    const next = await invoiceOf(who);
    expect(next).toMatchObject({
      status: 'paid',
      total: usd(1_900),
      credit_applied: usd(700),
      amount_due: usd(1_200),
      amount_paid: usd(1_200),
    });
    const { body: ledger } = await tenant.asServer('GET', path);
    expect(ledger).toMatchObject({
      balance: [usd(0)],
      entries: [
        { amount: usd(-700), balance_after: usd(0), type: 'applied_to_invoice', invoice: next['id'] },
        { amount: usd(700), balance_after: usd(700), type: 'credit_note', invoice: id },
      ],
    });
    await nothingFailed();
  });

  it('over a line gives back some as money and the rest as credit', async () => {
    const who = await subscriber();
    const { id, lines } = await invoiceOf(who);

    const note = await tenant.asServer('POST', `invoices/${id}/credit-notes`, {
      lines: [{ line: lines[0].id, amount: 1_000 }],
      refund_amount: 400,
    });
    // 1,000 − 400 to the card = 600 of credit.
    expect(note.body).toMatchObject({
      amount: usd(1_000),
      refund_amount: usd(400),
      credit_amount: usd(600),
    });
    await stack.settle();
    expect(await invoiceOf(who)).toMatchObject({
      amount_credited: usd(1_000),
      amount_refunded: usd(400),
      refunds: [{ amount: usd(400), status: 'succeeded' }],
    });

    // 1,900 − 1,000 leaves 900.
    const much = await tenant.asServer('POST', `invoices/${id}/credit-notes`, { amount: 901 });
    expect(much).toMatchObject({ status: 409, body: { error: { code: 'credit_note_too_large' } } });
    const mismatch = await tenant.asServer('POST', `invoices/${id}/credit-notes`, {
      amount: 900,
      credit_amount: 100,
      refund_amount: 100,
    });
    expect(mismatch).toMatchObject({ status: 409, body: { error: { code: 'not_all_given' } } });
    await nothingFailed();
  });

  it('of an open invoice lowers what is due', async () => {
    const who = await subscriber();
    await setCard(who, 'pm_card_chargeCustomerFail');
    await renew(who);
    const { id } = await invoiceOf(who);

    const note = await tenant.asServer('POST', `invoices/${id}/credit-notes`, { amount: 400 });
    expect(note.body).toMatchObject({ before_payment: true, amount: usd(400), credit_amount: usd(0) });
    expect(await invoiceOf(who)).toMatchObject({ status: 'open', amount_remaining: usd(1_500) });

    const paid = await pay(id, { payment_method: 'pm_card_visa' });
    expect(paid.body).toMatchObject({ outcome: 'paid', invoice: { amount_paid: usd(1_500) } });
    await stack.settle();
    await nothingFailed();
  });
});

// INV-36
describe('a customer’s credit', () => {
  it('is the sum of its entries, which are never changed, also when an invoice that used it is void', async () => {
    const who = await subscriber();
    const path = `customers/${who.customer}/balance`;
    const give = (amount: number) => tenant.asServer('POST', path, { amount, currency: 'usd' });
    await give(2_500);
    const taken = await give(-100);
    expect([taken.status, taken.body['balance']]).toEqual([201, [usd(2_400)]]);

    await renew(who);
    // 1,900 are all paid by credit: 2,400 − 1,900 = 500 are left.
    expect(await invoiceOf(who)).toMatchObject({
      status: 'paid',
      amount_due: usd(0),
      credit_applied: usd(1_900),
      payments: [],
    });
    const nothing = await tenant.asServer('POST', `invoices/${(await invoiceOf(who))['id']}/refund`, {});
    expect(nothing.body['error'].code).toBe('nothing_to_refund');

    const draft = await stripe.invoices.create(
      { customer: who.stripe_customer, pending_invoice_items_behavior: 'exclude' },
      options,
    );
    await stripe.invoiceItems.create(
      { customer: who.stripe_customer, invoice: draft.id, amount: 800, currency: 'usd' },
      options,
    );
    await stripe.invoices.finalizeInvoice(draft.id, {}, options);
    await stack.settle();
    // 800 − 500 of credit leaves 300 to pay.
    const open = await invoiceOf(who);
    expect(open).toMatchObject({ status: 'open', amount_due: usd(300), credit_applied: usd(500) });
    await tenant.asServer('POST', `invoices/${open['id']}/void`, {});

    const { body } = await tenant.asServer('GET', path);
    // + 2,500 − 100 − 1,900 − 500 + 500 = 500: what is void gives its credit back as a new entry.
    expect(body['balance']).toEqual([usd(500)]);
    const sum = body['entries'].reduce((total: number, entry: Json) => total + entry['amount'].amount, 0);
    expect(sum).toBe(500);
    expect(body['entries'].map((entry: Json) => entry['amount'].amount)).toEqual([
      500, -500, -1_900, -100, 2_500,
    ]);
    await stack.settle();
    await nothingFailed();
  });
});

describe('a dispute', () => {
  async function disputed(): Promise<{ who: Subscriber; dispute: string; invoice: string }> {
    const who = await subscriber('pm_card_createDispute');
    const { id: invoice } = await invoiceOf(who);
    const { body } = await tenant.asServer('GET', `disputes?invoice=${invoice}`);
    expect(body['data']).toMatchObject([
      { status: 'needs_response', reason: 'fraudulent', amount: usd(1_900) },
    ]);
    return { who, invoice, dispute: body['data'][0].id };
  }

  it('withholds access, and gives it back when it is won', async () => {
    const { who, dispute, invoice } = await disputed();
    expect(await isAllowed(who)).toBe(false);
    const { body: held } = await tenant.asServer('GET', `subscriptions/${who.subscription}`);
    expect(held).toMatchObject({ status: 'active', suspension: 'disputed' });
    const refund = await tenant.asServer('POST', `invoices/${invoice}/refund`, {});
    expect(refund.body['error'].code).toBe('payment_disputed');

    const won = await tenant.asServer('POST', `disputes/${dispute}/evidence`, { text: 'winning_evidence' });
    expect(won.body).toMatchObject({ status: 'won', has_evidence: true, closed_at: expect.any(String) });
    expect(await isAllowed(who)).toBe(true);
    const again = await tenant.asServer('POST', `disputes/${dispute}/evidence`, { text: 'more' });
    expect(again.body['error'].code).toBe('dispute_closed');
    await stack.settle();
    await nothingFailed();
  });

  it('that is lost ends the subscription', async () => {
    const { who, dispute } = await disputed();

    const lost = await tenant.asServer('POST', `disputes/${dispute}/close`, {});
    expect(lost.body).toMatchObject({ status: 'lost' });
    await stack.settle();

    const { body } = await tenant.asServer('GET', `subscriptions/${who.subscription}`);
    expect(body).toMatchObject({ status: 'canceled', suspension: null });
    expect(await isAllowed(who)).toBe(false);
    await nothingFailed();
  });

  it('changes nothing where the merchant wants it so', async () => {
    await tenant.asOwner('PATCH', 'payment-settings', { dispute_policy: 'keep' });
    const { who, dispute } = await disputed();
    expect(await isAllowed(who)).toBe(true);

    await tenant.asServer('POST', `disputes/${dispute}/close`, {});
    await stack.settle();

    expect(await isAllowed(who)).toBe(true);
    await tenant.asOwner('PATCH', 'payment-settings', { dispute_policy: 'suspend' });
  });

  it('that is a question only takes nothing away', async () => {
    const who = await subscriber('pm_card_createDisputeInquiry');
    const { id } = await invoiceOf(who);
    const { body } = await tenant.asServer('GET', `disputes?invoice=${id}`);
    expect(body['data']).toMatchObject([{ status: 'warning_needs_response' }]);
    expect(await isAllowed(who)).toBe(true);
  });
});

describe('a customer who is deleted on Stripe', () => {
  it('keeps nothing that Stripe ended, and is made anew by the next sale', async () => {
    const who = await subscriber();
    await stripe.customers.del(who.stripe_customer, {}, options);
    await stack.settle();

    expect(await isAllowed(who)).toBe(false);
    const { body: gone } = await tenant.asServer('GET', `customers/${who.customer}`);
    expect(gone['stripe_customer_id']).toBeNull();
    expect((await tenant.asServer('GET', `subscriptions/${who.subscription}`)).body['status']).toBe(
      'canceled',
    );

    const anew = await tenant.asServer('POST', 'subscriptions', {
      customer: who.customer,
      plan: 'pro',
      payment_method: 'pm_card_visa',
    });
    expect(anew.body['status']).toBe('active');
    const { body: back } = await tenant.asServer('GET', `customers/${who.customer}`);
    expect(back['stripe_customer_id']).not.toBe(who.stripe_customer);
    await stack.settle();
    await nothingFailed();
  });
});
