import type Stripe from 'stripe';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from './emulator.ts';
import { clientOf, customerWithCard, idOf, monthlyPrice } from './test-client.ts';

const START = Date.parse('2026-01-31T10:00:00Z');
const at = (text: string) => Date.parse(`${text}Z`) / 1000;

let emulator: Emulator;
let stripe: Stripe;

beforeEach(async () => {
  emulator = await startEmulator({ now: () => START });
  stripe = clientOf(emulator);
});
afterEach(() => emulator.close());

async function subscribe(params: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const customer = await customerWithCard(stripe);
  const price = await monthlyPrice(stripe, 2900);
  return stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], ...params });
}

/** A subscription of $29 and two cents a unit, of which 250 were used; the draft of its renewal. */
async function usedAndRenewed() {
  const meter = await stripe.billing.meters.create({
    display_name: 'Calls',
    event_name: 'calls',
    default_aggregation: { formula: 'sum' },
  });
  const flat = await monthlyPrice(stripe, 2900);
  const metered = await stripe.prices.create({
    product: idOf(flat.product),
    currency: 'usd',
    unit_amount: 2,
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
  });
  const subscription = await subscribe({ items: [{ price: flat.id }, { price: metered.id }] });
  const report = (value: number, timestamp: number) =>
    stripe.billing.meterEvents.create({
      event_name: 'calls',
      payload: { stripe_customer_id: idOf(subscription.customer), value: String(value) },
      timestamp,
    });
  emulator.advanceTo(at('2026-02-10T00:00:00'));
  await report(250, at('2026-02-09T00:00:00'));
  emulator.advanceTo(at('2026-02-28T10:00:00'));
  const [draft] = (await stripe.invoices.list({ subscription: subscription.id, status: 'draft' })).data;
  const id = draft?.id ?? '';
  return { id, report, invoice: () => stripe.invoices.retrieve(id) };
}

describe('at the end of a period', () => {
  it('a subscription rolls on: a draft for an hour, then finalized and paid', async () => {
    const { id } = await subscribe();

    emulator.advanceTo(at('2026-02-28T10:00:00'));
    const renewed = await stripe.subscriptions.retrieve(id, { expand: ['latest_invoice'] });
    expect(renewed.items.data[0]).toMatchObject({
      current_period_start: at('2026-02-28T10:00:00'),
      current_period_end: at('2026-03-31T10:00:00'),
    });
    expect(renewed.latest_invoice).toMatchObject({
      status: 'draft',
      billing_reason: 'subscription_cycle',
      total: 2900,
    });

    emulator.advanceTo(at('2026-02-28T11:00:00'));
    expect((await stripe.invoices.list({ subscription: id })).data).toMatchObject([
      { status: 'paid', number: expect.stringMatching(/-0002$/) },
      { status: 'paid', number: expect.stringMatching(/-0001$/) },
    ]);
  });

  it('usage reported while the renewal is a draft is billed with it, and what was taken back is not', async () => {
    const { report, invoice } = await usedAndRenewed();

    emulator.advanceTo(at('2026-02-28T10:30:00'));
    await report(7, at('2026-02-28T09:59:00'));
    await report(-10, at('2026-02-28T09:59:30'));
    // Of the period that has begun.
    await report(1000, at('2026-02-28T10:00:00'));
    expect(await invoice()).toMatchObject({ status: 'draft', total: 2900 + 2 * 250 });
    emulator.advanceTo(at('2026-02-28T11:00:00'));

    expect(await invoice()).toMatchObject({ status: 'paid', total: 2900 + 2 * 247 });
  });

  it('usage of less than nothing is billed as nothing', async () => {
    const { report, invoice } = await usedAndRenewed();

    emulator.advanceTo(at('2026-02-28T10:30:00'));
    await report(-300, at('2026-02-28T09:59:00'));
    emulator.advanceTo(at('2026-02-28T11:00:00'));

    expect(await invoice()).toMatchObject({ status: 'paid', total: 2900 });
  });

  it('a draft that is finalized by a request is over what was used by then, and charged within the hour', async () => {
    const { report, invoice, id } = await usedAndRenewed();
    emulator.advanceTo(at('2026-02-28T10:10:00'));
    await stripe.invoices.update(id, { auto_advance: false });
    emulator.advanceTo(at('2026-02-28T15:00:00'));
    expect(await invoice()).toMatchObject({ status: 'draft' });

    await report(50, at('2026-02-28T09:59:00'));
    await stripe.invoices.finalizeInvoice(id, { auto_advance: true });

    expect(await invoice()).toMatchObject({ status: 'open', total: 2900 + 2 * 300 });
    emulator.advanceTo(at('2026-02-28T16:00:00'));
    expect(await invoice()).toMatchObject({ status: 'paid' });
  });

  it('usage of the period is billed with the next one in advance', async () => {
    const meter = await stripe.billing.meters.create({
      display_name: 'Calls',
      event_name: 'calls',
      default_aggregation: { formula: 'sum' },
    });
    const flat = await monthlyPrice(stripe, 2900);
    const metered = await stripe.prices.create({
      product: idOf(flat.product),
      currency: 'usd',
      unit_amount: 2,
      recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
    });
    const { customer, id } = await subscribe({ items: [{ price: flat.id }, { price: metered.id }] });
    const report = (value: string) =>
      stripe.billing.meterEvents.create({
        event_name: 'calls',
        payload: { stripe_customer_id: idOf(customer), value },
      });
    await report('100');
    await report('50');

    emulator.advanceTo(at('2026-02-28T11:00:00'));

    const [invoice] = (await stripe.invoices.list({ subscription: id })).data;
    expect(invoice).toMatchObject({ status: 'paid', total: 150 * 2 + 2900 });
    expect(invoice?.lines.data.map(({ amount, quantity }) => [quantity, amount])).toEqual([
      [150, 300],
      [1, 2900],
    ]);
  });

  it('a refused renewal leaves the subscription past due until it is paid', async () => {
    const { customer, id } = await subscribe();
    const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
      customer: idOf(customer),
    });
    await stripe.customers.update(idOf(customer), { invoice_settings: { default_payment_method: bad.id } });

    emulator.advanceTo(at('2026-02-28T11:00:00'));
    const late = await stripe.subscriptions.retrieve(id);
    expect(late.status).toBe('past_due');

    await stripe.invoices.pay(idOf(late.latest_invoice), { payment_method: 'pm_card_visa' });
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('active');
  });

  it('a subscription cancelled for then ends, and bills no further period', async () => {
    const { id } = await subscribe();
    await stripe.subscriptions.update(id, { cancel_at_period_end: true });

    emulator.advanceTo(at('2026-02-28T09:59:59'));
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('active');
    emulator.advanceTo(at('2026-04-01T00:00:00'));

    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      status: 'canceled',
      ended_at: at('2026-02-28T10:00:00'),
    });
    expect((await stripe.invoices.list({ subscription: id })).data).toHaveLength(1);
  });

  it('several periods pass one after the other', async () => {
    const { id } = await subscribe();

    emulator.advanceTo(at('2026-07-01T00:00:00'));

    const invoices = await stripe.invoices.list({ subscription: id });
    expect(invoices.data.map(({ created }) => new Date(created * 1000).toISOString().slice(0, 10))).toEqual([
      '2026-06-30',
      '2026-05-31',
      '2026-04-30',
      '2026-03-31',
      '2026-02-28',
      '2026-01-31',
    ]);
    expect(new Set(invoices.data.map(({ status }) => status))).toEqual(new Set(['paid']));
  });
});

describe('what nobody pays', () => {
  it('an incomplete subscription is over after 23 hours and its invoice void', async () => {
    const { id, latest_invoice } = await subscribe({ payment_behavior: 'default_incomplete' });

    emulator.advanceTo(emulator.now() + 23 * 3600);

    expect((await stripe.subscriptions.retrieve(id)).status).toBe('incomplete_expired');
    expect((await stripe.invoices.retrieve(idOf(latest_invoice))).status).toBe('void');
  });

  it('a checkout session expires', async () => {
    const price = await monthlyPrice(stripe, 100);
    const session = await stripe.checkout.sessions.create({
      mode: 'subscription',
      line_items: [{ price: price.id, quantity: 1 }],
      success_url: 'https://shop.example/ok',
    });

    emulator.advanceTo(session.expires_at);

    expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({
      status: 'expired',
      url: null,
    });
    expect((await stripe.events.list({ type: 'checkout.session.expired' })).data).toHaveLength(1);
  });
});
