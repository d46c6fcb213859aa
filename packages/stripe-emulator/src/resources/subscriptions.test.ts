import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { clientOf, customerWithCard, idOf, monthlyPrice } from '../test-client.ts';

let emulator: Emulator;
let stripe: Stripe;

beforeAll(async () => {
  emulator = await startEmulator();
  stripe = clientOf(emulator);
});
afterAll(() => emulator.close());

/** The types of all events about an object's customer, oldest first. */
async function eventTypes(customer: string): Promise<string[]> {
  const events = await stripe.events.list({ limit: 100 });
  return events.data
    .filter(({ data }) => Reflect.get(data.object, 'customer') === customer)
    .map(({ type }) => type)
    .reverse();
}

async function subscribe(token: string, params: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const customer = await customerWithCard(stripe, token);
  const price = await monthlyPrice(stripe, 2900);
  return stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], ...params });
}

const invoiceOf = (subscription: Stripe.Subscription) =>
  stripe.invoices.retrieve(idOf(subscription.latest_invoice), {
    expand: ['payments.data.payment.payment_intent', 'confirmation_secret'],
  });

function intentOf(invoice: Stripe.Invoice): Stripe.PaymentIntent {
  const intent = invoice.payments?.data[0]?.payment.payment_intent;
  if (intent === undefined || typeof intent === 'string')
    throw new Error('The payment intent is not expanded');
  return intent;
}

describe('creating a subscription', () => {
  it('charges the first period and is active at once', async () => {
    const subscription = await subscribe('pm_card_visa', { metadata: { ours: 'sub_1' } });
    const invoice = await invoiceOf(subscription);

    expect(subscription).toMatchObject({ status: 'active', metadata: { ours: 'sub_1' } });
    expect(invoice).toMatchObject({
      status: 'paid',
      amount_paid: 2900,
      billing_reason: 'subscription_create',
      parent: { subscription_details: { subscription: subscription.id, metadata: { ours: 'sub_1' } } },
    });
    expect(intentOf(invoice)).toMatchObject({ status: 'succeeded', amount_received: 2900 });
    expect(await eventTypes(idOf(subscription.customer))).toEqual([
      'payment_method.attached',
      'customer.subscription.created',
      'invoice.created',
      'payment_intent.created',
      'invoice.finalized',
      'charge.succeeded',
      'payment_intent.succeeded',
      'invoice.paid',
      'invoice.payment_succeeded',
      'customer.subscription.updated',
    ]);
  });

  it('bills quantities and has its period on the items', async () => {
    const price = await monthlyPrice(stripe, 1000);
    const subscription = await subscribe('pm_card_visa', { items: [{ price: price.id, quantity: 3 }] });
    const [item] = subscription.items.data;

    expect((await invoiceOf(subscription)).total).toBe(3000);
    expect(item?.current_period_start).toBe(subscription.billing_cycle_anchor);
    expect((item?.current_period_end ?? 0) - (item?.current_period_start ?? 0)).toBeGreaterThanOrEqual(
      28 * 86_400,
    );
  });

  it('stays incomplete with an open invoice when the card is refused', async () => {
    const subscription = await subscribe('pm_card_chargeCustomerFail');
    const invoice = await invoiceOf(subscription);

    expect(subscription.status).toBe('incomplete');
    expect(invoice).toMatchObject({ status: 'open', attempted: true, attempt_count: 1 });
    expect(intentOf(invoice)).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'card_declined', decline_code: 'generic_decline' },
    });
    expect(await eventTypes(idOf(subscription.customer))).toContain('invoice.payment_failed');
  });

  it('waits to be confirmed with default_incomplete', async () => {
    const subscription = await subscribe('pm_card_visa', { payment_behavior: 'default_incomplete' });
    const invoice = await invoiceOf(subscription);
    expect(subscription.status).toBe('incomplete');
    expect(invoice.confirmation_secret?.client_secret).toBe(intentOf(invoice).client_secret);

    await stripe.paymentIntents.confirm(intentOf(invoice).id, { payment_method: 'pm_card_visa' });

    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
    expect((await invoiceOf(subscription)).status).toBe('paid');
  });

  it('keeps the card that paid it first, when asked to', async () => {
    const { id } = await stripe.customers.create({});
    const price = await monthlyPrice(stripe, 100);
    const subscription = await stripe.subscriptions.create({
      customer: id,
      items: [{ price: price.id }],
      payment_behavior: 'default_incomplete',
      payment_settings: { save_default_payment_method: 'on_subscription' },
    });
    const intent = intentOf(await invoiceOf(subscription));
    const paid = await stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa' });

    const active = await stripe.subscriptions.retrieve(subscription.id, {
      expand: ['default_payment_method'],
    });
    expect(active).toMatchObject({
      status: 'active',
      default_payment_method: { id: paid.payment_method, customer: id },
    });
  });

  it('asks the holder of a card that must authenticate, and is active once that passed', async () => {
    const subscription = await subscribe('pm_card_authenticationRequired');
    const intent = intentOf(await invoiceOf(subscription));
    expect(subscription.status).toBe('incomplete');
    expect(intent).toMatchObject({ status: 'requires_action', next_action: { type: 'use_stripe_sdk' } });

    const body = new URLSearchParams({ outcome: 'complete' });
    await fetch(`${emulator.url}/authenticate/${intent.id}`, { method: 'POST', body });

    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
  });

  it('needs a payment method, unless it costs nothing now', async () => {
    const { id } = await stripe.customers.create({});
    const paid = await monthlyPrice(stripe, 100);
    const free = await monthlyPrice(stripe, 0);

    await expect(
      stripe.subscriptions.create({ customer: id, items: [{ price: paid.id }] }),
    ).rejects.toMatchObject({
      code: 'resource_missing',
    });
    expect(await stripe.subscriptions.create({ customer: id, items: [{ price: free.id }] })).toMatchObject({
      status: 'active',
    });
  });

  it('refuses one-time and inactive prices', async () => {
    const once = await stripe.prices.create({
      currency: 'usd',
      unit_amount: 1,
      product_data: { name: 'Once' },
    });
    const retired = await monthlyPrice(stripe, 5);
    await stripe.prices.update(retired.id, { active: false });

    await expect(subscribe('pm_card_visa', { items: [{ price: once.id }] })).rejects.toThrow(/type=one_time/);
    await expect(subscribe('pm_card_visa', { items: [{ price: retired.id }] })).rejects.toThrow(/inactive/);
  });
});

describe('changing a subscription', () => {
  it('keeps running until the period ends when cancelled for then, and can be taken back', async () => {
    const { id, items } = await subscribe('pm_card_visa');
    const planned = await stripe.subscriptions.update(id, {
      cancel_at_period_end: true,
      cancellation_details: { comment: 'too dear', feedback: 'too_expensive' },
    });
    expect(planned).toMatchObject({
      status: 'active',
      cancel_at_period_end: true,
      cancel_at: items.data[0]?.current_period_end,
      cancellation_details: {
        comment: 'too dear',
        feedback: 'too_expensive',
        reason: 'cancellation_requested',
      },
    });

    expect(await stripe.subscriptions.update(id, { cancel_at_period_end: false })).toMatchObject({
      cancel_at_period_end: false,
      cancel_at: null,
      canceled_at: null,
    });
  });

  it('reports what was before', async () => {
    const { customer, id } = await subscribe('pm_card_visa', { metadata: { a: '1', b: '2' } });
    await stripe.subscriptions.update(id, { metadata: { a: '', c: '3' } });

    const [event] = (await stripe.events.list({ type: 'customer.subscription.updated', limit: 1 })).data;
    expect(event?.data).toMatchObject({
      object: { id, customer, metadata: { b: '2', c: '3' } },
      previous_attributes: { metadata: { a: '1', b: '2' } },
    });
  });

  it('changes price and quantity when asked not to prorate', async () => {
    const { id, items } = await subscribe('pm_card_visa');
    const dearer = await monthlyPrice(stripe, 9900);
    const change = { items: [{ id: items.data[0]?.id ?? '', price: dearer.id, quantity: 2 }] };

    const changed = await stripe.subscriptions.update(id, { ...change, proration_behavior: 'none' });
    expect(changed.items.data).toMatchObject([
      { price: { id: dearer.id }, plan: { id: dearer.id }, quantity: 2 },
    ]);
  });

  it('ends at once when cancelled now, and cannot end twice', async () => {
    const { customer, id } = await subscribe('pm_card_visa');
    const ended = await stripe.subscriptions.cancel(id);

    expect(ended).toMatchObject({ status: 'canceled', ended_at: emulator.now() });
    expect((await eventTypes(idOf(customer))).at(-1)).toBe('customer.subscription.deleted');
    await expect(stripe.subscriptions.cancel(id)).rejects.toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
    });
  });

  it('voids the first invoice of an incomplete subscription that is cancelled', async () => {
    const { id, latest_invoice } = await subscribe('pm_card_chargeCustomerFail');

    expect((await stripe.subscriptions.cancel(id)).status).toBe('incomplete_expired');
    expect((await stripe.invoices.retrieve(idOf(latest_invoice))).status).toBe('void');
  });

  it('lists by status: without one, all that are not canceled', async () => {
    const { customer, id } = await subscribe('pm_card_visa');
    const ids = async (status?: Stripe.SubscriptionListParams.Status) => {
      const found = await stripe.subscriptions.list({
        customer: idOf(customer),
        ...(status === undefined ? {} : { status }),
      });
      return found.data.map((subscription) => subscription.id);
    };
    expect(await ids()).toEqual([id]);
    await stripe.subscriptions.cancel(id);

    expect(await ids()).toEqual([]);
    expect(await ids('canceled')).toEqual([id]);
    expect(await ids('all')).toEqual([id]);
  });
});

describe('paying an invoice', () => {
  it('with another card makes an incomplete subscription active', async () => {
    const { customer, id, latest_invoice } = await subscribe('pm_card_chargeCustomerFail');
    const method = await stripe.paymentMethods.attach('pm_card_mastercard', { customer: idOf(customer) });
    const paid = await stripe.invoices.pay(idOf(latest_invoice), { payment_method: method.id });

    expect(paid).toMatchObject({ status: 'paid', attempt_count: 2, amount_remaining: 0 });
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('active');
    await expect(stripe.invoices.pay(paid.id)).rejects.toMatchObject({ code: 'invoice_already_paid' });
  });

  it('with a refused card is a card error that stays on record', async () => {
    const { latest_invoice } = await subscribe('pm_card_chargeCustomerFail');

    await expect(stripe.invoices.pay(idOf(latest_invoice))).rejects.toMatchObject({
      statusCode: 402,
      type: 'StripeCardError',
      decline_code: 'generic_decline',
    });
    expect((await stripe.invoices.retrieve(idOf(latest_invoice))).attempt_count).toBe(2);
  });

  it('out of band takes no money', async () => {
    const { id, latest_invoice } = await subscribe('pm_card_chargeCustomerFail');
    const paid = await stripe.invoices.pay(idOf(latest_invoice), { paid_out_of_band: true });

    expect(paid).toMatchObject({ status: 'paid', amount_paid: 0 });
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('active');
  });

  it('can be done on its hosted page', async () => {
    const { id, latest_invoice } = await subscribe('pm_card_chargeCustomerFail');
    const { hosted_invoice_url: page } = await stripe.invoices.retrieve(idOf(latest_invoice));
    const pay = (number: string) =>
      fetch(page ?? '', {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({ card_number: number, card_expiry: '12/34', card_cvc: '123' }),
      });

    expect(await (await pay('4000000000000341')).text()).toContain('role="alert">Your card was declined.');
    expect((await pay('4242424242424242')).status).toBe(303);
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('active');
  });
});
