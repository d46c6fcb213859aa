import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { clientOf, customerWithCard, idOf } from '../test-client.ts';

let emulator: Emulator;
let stripe: Stripe;

beforeAll(async () => {
  emulator = await startEmulator();
  stripe = clientOf(emulator);
});
afterAll(() => emulator.close());

describe('customers', () => {
  it('keep what is not mentioned, and clear what is sent empty', async () => {
    const { id } = await stripe.customers.create({
      email: 'ada@example.com',
      name: 'Ada',
      address: { city: 'London', country: 'GB' },
      metadata: { a: '1' },
    });
    const changed = await stripe.customers.update(id, { name: '', metadata: { b: '2' } });

    expect(changed).toMatchObject({
      email: 'ada@example.com',
      name: null,
      metadata: { a: '1', b: '2' },
      address: { city: 'London' },
    });
    expect((await stripe.customers.update(id, { metadata: '' })).metadata).toEqual({});
  });

  it('answer as deleted once they are, with their subscriptions ended', async () => {
    const customer = await customerWithCard(stripe);
    const price = await stripe.prices.create({
      currency: 'usd',
      unit_amount: 100,
      recurring: { interval: 'month' },
      product_data: { name: 'P' },
    });
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    await stripe.customers.del(customer.id);

    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ deleted: true });
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('canceled');
    expect((await stripe.customers.list()).data.map((listed) => listed.id)).not.toContain(customer.id);
  });
});

describe('payment methods', () => {
  it('are made from a number, attached, listed, made the default and detached', async () => {
    const customer = await stripe.customers.create({});
    const method = await stripe.paymentMethods.create({
      type: 'card',
      card: { number: '4242424242424242', exp_month: 4, exp_year: 2040, cvc: '123' },
      billing_details: { name: 'Ada' },
    });
    await stripe.paymentMethods.attach(method.id, { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });

    expect((await stripe.customers.listPaymentMethods(customer.id)).data).toMatchObject([
      {
        id: method.id,
        billing_details: { name: 'Ada' },
        card: { brand: 'visa', last4: '4242', exp_year: 2040 },
      },
    ]);
    await stripe.paymentMethods.detach(method.id);
    expect((await stripe.paymentMethods.list({ customer: customer.id, type: 'card' })).data).toEqual([]);
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({
      invoice_settings: { default_payment_method: null },
    });
  });

  it('cannot be the default of another customer', async () => {
    const { invoice_settings: settings } = await customerWithCard(stripe);
    const other = await stripe.customers.create({});

    await expect(
      stripe.customers.update(other.id, {
        invoice_settings: { default_payment_method: idOf(settings.default_payment_method) },
      }),
    ).rejects.toMatchObject({ code: 'resource_missing' });
  });

  it.each([
    ['pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_visa_chargeDeclinedLostCard', 'card_declined', 'lost_card'],
    ['pm_card_visa_chargeDeclinedStolenCard', 'card_declined', 'stolen_card'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
    ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', 'incorrect_cvc'],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error', 'processing_error'],
  ])('%s cannot be attached: %s, %s', async (token, code, declineCode) => {
    const { id } = await stripe.customers.create({});

    await expect(stripe.paymentMethods.attach(token, { customer: id })).rejects.toMatchObject({
      statusCode: 402,
      type: 'StripeCardError',
      code,
      decline_code: declineCode,
    });
  });
});

describe('payment intents', () => {
  const pay = (token: string, params: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
    stripe.paymentIntents.create({
      amount: 500,
      currency: 'usd',
      payment_method: token,
      confirm: true,
      ...params,
    });

  it('succeed with a good card and leave a charge', async () => {
    const intent = await pay('pm_card_visa', { expand: ['latest_charge'] });

    expect(intent).toMatchObject({
      status: 'succeeded',
      amount_received: 500,
      latest_charge: { paid: true, amount: 500 },
    });
    await expect(stripe.paymentIntents.cancel(intent.id)).rejects.toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
  });

  it('keep a refused attempt on record and can be paid with another card', async () => {
    const error: unknown = await pay('pm_card_visa_chargeDeclinedInsufficientFunds').catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'card_declined', decline_code: 'insufficient_funds' });
    const [failed] = (await stripe.paymentIntents.list({ limit: 1 })).data;
    expect(failed).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { decline_code: 'insufficient_funds' },
    });
    expect((await stripe.charges.list({ payment_intent: failed?.id ?? '' })).data).toMatchObject([
      { paid: false, status: 'failed' },
    ]);

    expect(
      (await stripe.paymentIntents.confirm(failed?.id ?? '', { payment_method: 'pm_card_visa' })).status,
    ).toBe('succeeded');
  });

  it('lead to the bank and back', async () => {
    const intent = await pay('pm_card_authenticationRequired', { return_url: 'https://shop.example/back' });
    const url = intent.next_action?.redirect_to_url?.url ?? '';
    const answer = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ outcome: 'complete' }),
    });

    expect(answer.headers.get('location')).toBe(
      `https://shop.example/back?payment_intent=${intent.id}&payment_intent_client_secret=${intent.client_secret}&redirect_status=succeeded`,
    );
    expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe('succeeded');
  });

  it('are refused off session by a card that must authenticate', async () => {
    await expect(pay('pm_card_authenticationRequired', { off_session: true })).rejects.toMatchObject({
      code: 'authentication_required',
    });
  });
});

describe('setup intents', () => {
  it('attach a card that was set up, so that it pays off session', async () => {
    const { id } = await stripe.customers.create({});
    const intent = await stripe.setupIntents.create({
      customer: id,
      payment_method: 'pm_card_authenticationRequiredOnSetup',
      confirm: true,
    });
    expect(intent.status).toBe('requires_action');
    await fetch(`${emulator.url}/authenticate/${intent.id}`, {
      method: 'POST',
      body: new URLSearchParams({ outcome: 'complete' }),
    });

    const done = await stripe.setupIntents.retrieve(intent.id);
    expect(done.status).toBe('succeeded');
    const paid = await stripe.paymentIntents.create({
      amount: 100,
      currency: 'usd',
      customer: id,
      payment_method: idOf(done.payment_method),
      off_session: true,
      confirm: true,
    });
    expect(paid.status).toBe('succeeded');
  });

  it('can be given their card first and confirmed later', async () => {
    const { id } = await stripe.customers.create({});
    const intent = await stripe.setupIntents.create({ customer: id, payment_method: 'pm_card_visa' });

    expect(intent.status).toBe('requires_confirmation');
    expect((await stripe.setupIntents.confirm(intent.id)).status).toBe('succeeded');
    expect((await stripe.paymentMethods.list({ customer: id })).data.map((method) => method.id)).toEqual([
      intent.payment_method,
    ]);
  });

  it('are refused for a card that cannot be attached', async () => {
    const { id } = await stripe.customers.create({});

    await expect(
      stripe.setupIntents.create({
        customer: id,
        payment_method: 'pm_card_visa_chargeDeclined',
        confirm: true,
      }),
    ).rejects.toMatchObject({ code: 'card_declined' });
  });
});
