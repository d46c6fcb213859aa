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
