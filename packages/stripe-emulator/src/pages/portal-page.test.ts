import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { clientOf, customerWithCard, monthlyPrice } from '../test-client.ts';

let emulator: Emulator;
let stripe: Stripe;

beforeAll(async () => {
  emulator = await startEmulator();
  stripe = clientOf(emulator);
});
afterAll(() => emulator.close());

async function open() {
  const customer = await customerWithCard(stripe);
  const price = await monthlyPrice(stripe, 2900);
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
  });
  const session = await stripe.billingPortal.sessions.create({
    customer: customer.id,
    return_url: 'https://shop.example/account',
  });
  return { customer: customer.id, subscription: subscription.id, url: session.url };
}

const send = (url: string, fields: Record<string, string>) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });

describe('the billing portal', () => {
  it('shows the plan, the card, the invoices and the way back', async () => {
    const { url } = await open();
    const html = await (await fetch(url)).text();

    expect(html).toContain('Plan at 2900');
    expect(html).toContain('visa •••• 4242');
    expect(html).toContain('paid $29.00');
    expect(html).toContain('href="https://shop.example/account"');
  });

  it('cancels at the end of the period, and takes that back', async () => {
    const { subscription, url } = await open();
    await send(url, { action: 'cancel', subscription });
    expect((await stripe.subscriptions.retrieve(subscription)).cancel_at_period_end).toBe(true);
    expect(await (await fetch(url)).text()).toContain('cancel subscription');
    await send(url, { action: 'keep', subscription });

    expect((await stripe.subscriptions.retrieve(subscription)).cancel_at_period_end).toBe(false);
  });

  it('takes a new card, and says why one is refused', async () => {
    const { customer, url } = await open();
    const card = { action: 'card', card_expiry: '12 / 34', card_cvc: '123' };
    const refused = await send(url, { ...card, card_number: '4000 0000 0000 9995' });
    expect(await refused.text()).toContain('insufficient funds');
    expect((await send(url, { ...card, card_number: '5555 5555 5555 4444' })).status).toBe(303);

    expect(
      await stripe.customers.retrieve(customer, { expand: ['invoice_settings.default_payment_method'] }),
    ).toMatchObject({ invoice_settings: { default_payment_method: { card: { brand: 'mastercard' } } } });
  });

  it('is for its own customer, and for those who have its address', async () => {
    const { url } = await open();
    const other = await open();
    expect((await send(url, { action: 'cancel', subscription: other.subscription })).status).toBe(400);
    expect((await fetch(`${url.slice(0, -4)}AAAA`)).status).toBe(404);
  });
});
