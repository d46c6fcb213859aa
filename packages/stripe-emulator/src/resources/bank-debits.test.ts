import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { clientOf, customerOnClock, idOf, monthlyPrice, seconds } from '../test-client.ts';

let emulator: Emulator;
let stripe: Stripe;
let price: Stripe.Price;

beforeAll(async () => {
  emulator = await startEmulator();
  stripe = clientOf(emulator);
  price = await monthlyPrice(stripe, 1900);
});
afterAll(() => emulator.close());

async function subscribeBy(token: string) {
  const { customer, clock } = await customerOnClock(stripe, '2027-04-01', token);
  const subscription = await stripe.subscriptions.create({ customer, items: [{ price: price.id }] });
  const invoice = idOf(subscription.latest_invoice);
  const pass = (time: number) => stripe.testHelpers.testClocks.advance(clock, { frozen_time: time });
  return { customer, subscription, invoice, pass };
}

const typesOf = async (customer: string) =>
  (await stripe.events.list({ limit: 100 })).data
    .filter(({ data: { object } }) => 'customer' in object && object.customer === customer)
    .map(({ type }) => type)
    .reverse();

describe('a payment from a bank account', () => {
  it('is decided after a minute, while the subscription runs already', async () => {
    const { customer, subscription, invoice, pass } = await subscribeBy('pm_usBankAccount_success');
    expect(subscription.status).toBe('active');
    expect(await stripe.invoices.retrieve(invoice)).toMatchObject({ status: 'open', attempted: true });
    const [intent] = (await stripe.paymentIntents.list({ customer })).data;
    expect(intent?.status).toBe('processing');
    await pass(seconds('2027-04-01T00:01:00'));

    expect(await stripe.invoices.retrieve(invoice)).toMatchObject({ status: 'paid', amount_paid: 1900 });
    const charges = await stripe.charges.list({ customer });
    expect(charges.data).toEqual([
      expect.objectContaining({
        status: 'succeeded',
        payment_method_details: expect.objectContaining({ type: 'us_bank_account' }),
      }),
    ]);
    expect((await typesOf(customer)).filter((type) => /^(charge|payment_intent)/.test(type))).toEqual([
      'payment_intent.created',
      'charge.pending',
      'payment_intent.processing',
      'charge.succeeded',
      'payment_intent.succeeded',
    ]);
  });

  it('that comes back voids the first invoice and leaves the subscription active', async () => {
    const { subscription, invoice, pass } = await subscribeBy('pm_failedDelayed_de');
    await pass(seconds('2027-04-01T00:02:00'));
    expect((await stripe.invoices.retrieve(invoice)).status).toBe('open');
    await pass(seconds('2027-04-01T00:03:00'));

    expect((await stripe.invoices.retrieve(invoice)).status).toBe('void');
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
  });

  it('for a renewal leaves the subscription past due when it comes back', async () => {
    const { customer, subscription, pass } = await subscribeBy('pm_card_visa');
    const bank = await stripe.paymentMethods.attach('pm_usBankAccount_insufficientFunds', { customer });
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: bank.id } });
    await pass(seconds('2027-05-01T01:00:30'));
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
    await pass(seconds('2027-05-01T01:02:00'));

    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('past_due');
    const [intent] = (await stripe.paymentIntents.list({ customer })).data;
    expect(intent).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'insufficient_funds' },
    });
  });

  it('cannot be asked for twice while the bank has not answered', async () => {
    const { invoice } = await subscribeBy('pm_usBankAccount_processing');

    await expect(stripe.invoices.pay(invoice, { payment_method: 'pm_card_visa' })).rejects.toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
  });

  it.each([
    ['000123456789', 'checkout.session.async_payment_succeeded', 'paid'],
    ['000222222227', 'checkout.session.async_payment_failed', 'unpaid'],
  ])('on the checkout page (%s) ends as %s', async (account, outcome, paymentStatus) => {
    const session = await stripe.checkout.sessions.create({
      mode: 'subscription',
      line_items: [{ price: price.id, quantity: 1 }],
      allowed_payment_method_types: ['card', 'us_bank_account'],
      success_url: 'http://localhost/done',
    });
    const body = new URLSearchParams({ email: 'ada@example.com', name: 'Ada', account });
    await fetch(session.url ?? '', { method: 'POST', body, redirect: 'manual' });
    expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({
      status: 'complete',
      payment_status: 'unpaid',
    });
    emulator.advanceTo(emulator.now() + 61);

    const [event] = (await stripe.events.list({ type: outcome })).data;
    expect(event?.data.object).toMatchObject({ id: session.id, payment_status: paymentStatus });
  });
});
