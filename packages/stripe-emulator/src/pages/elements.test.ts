import vm from 'node:vm';
import type Stripe from 'stripe';
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

/** What the stand-in for Stripe.js sends when a page confirms with a typed card. */
async function confirm(secret: string | null, number: string) {
  const card = { card_number: number, card_expiry: '12 / 34', card_cvc: '123' };
  const answer = await fetch(`${emulator.url}/v3/confirm`, {
    method: 'POST',
    body: new URLSearchParams({
      client_secret: secret ?? '',
      return_url: 'https://shop.example/back',
      ...card,
    }),
  });
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  return answer.json();
}

describe('the stand-in for Stripe.js', () => {
  it('is a script that any page can load, with what Elements needs', async () => {
    const answer = await fetch(`${emulator.url}/v3/`);
    expect(answer.headers.get('content-type')).toContain('text/javascript');
    const window: Record<string, unknown> = {};
    const document = { currentScript: { src: `${emulator.url}/v3/` } };
    vm.runInNewContext(await answer.text(), { window, document, URL });

    const { Stripe: load } = window;
    const made: unknown = typeof load === 'function' ? load('pk_test_x') : {};
    expect(made).toMatchObject({
      elements: expect.any(Function),
      confirmSetup: expect.any(Function),
      confirmPayment: expect.any(Function),
    });
  });

  it('sets up a card for a customer', async () => {
    const customer = await stripe.customers.create({});
    const { id, client_secret } = await stripe.setupIntents.create({ customer: customer.id });

    expect(await confirm(client_secret, '4242 4242 4242 4242')).toMatchObject({
      setupIntent: { id, status: 'succeeded' },
    });
    expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toHaveLength(1);
  });

  it('says why a card is refused', async () => {
    const { client_secret } = await stripe.setupIntents.create({});

    expect(await confirm(client_secret, '4000 0000 0000 9995')).toMatchObject({
      error: { type: 'card_error', decline_code: 'insufficient_funds' },
    });
  });

  it('pays the first invoice of a subscription', async () => {
    const customer = await customerWithCard(stripe);
    const price = await monthlyPrice(stripe, 2900);
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      payment_behavior: 'default_incomplete',
      expand: ['latest_invoice.confirmation_secret'],
    });
    const invoice = await stripe.invoices.retrieve(idOf(subscription.latest_invoice), {
      expand: ['confirmation_secret'],
    });

    expect(
      await confirm(invoice.confirmation_secret?.client_secret ?? null, '4242 4242 4242 4242'),
    ).toMatchObject({ paymentIntent: { status: 'succeeded' } });
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
  });

  it('leads to the bank where the card asks for its holder, and back', async () => {
    const { id, client_secret } = await stripe.setupIntents.create({});
    expect(await confirm(client_secret, '4000 0025 0000 3155')).toMatchObject({
      setupIntent: { status: 'requires_action' },
    });
    const back = await fetch(`${emulator.url}/authenticate/${id}`, {
      method: 'POST',
      body: new URLSearchParams({ outcome: 'complete' }),
      redirect: 'manual',
    });

    const query = `setup_intent=${id}&setup_intent_client_secret=${client_secret}&redirect_status=succeeded`;
    expect(back.headers.get('location')).toBe(`https://shop.example/back?${query}`);
    expect((await stripe.setupIntents.retrieve(id)).status).toBe('succeeded');
  });

  it('does nothing without the secret of the intent', async () => {
    const { id } = await stripe.setupIntents.create({});
    expect(await confirm(`${id}_secret_guessed`, '4242 4242 4242 4242')).toMatchObject({
      error: { message: `No such intent: '${id}'` },
    });
  });
});
