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

async function typesOf(since: number): Promise<string[]> {
  const events = await stripe.events.list({ limit: 100 });
  return events.data.slice(0, events.data.length - since).map(({ type }) => type);
}

describe('creating a subscription', () => {
  it('charges the first period and is active at once', async () => {
    const customer = await customerWithCard(stripe);
    const price = await monthlyPrice(stripe, 2900);
    const before = (await stripe.events.list({ limit: 100 })).data.length;

    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id, quantity: 3 }],
      metadata: { ours: 'sub_1' },
      expand: ['latest_invoice.payments.data.payment.payment_intent'],
    });

    expect(subscription.status).toBe('active');
    expect(subscription.items.data[0]?.quantity).toBe(3);
    const invoice = subscription.latest_invoice;
    if (typeof invoice === 'string' || invoice === null) throw new Error('not expanded');
    expect(invoice).toMatchObject({
      status: 'paid',
      amount_paid: 8700,
      billing_reason: 'subscription_create',
    });
    expect(invoice.parent?.subscription_details?.subscription).toBe(subscription.id);
    expect(invoice.payments?.data[0]?.payment.payment_intent).toMatchObject({
      status: 'succeeded',
      amount: 8700,
    });
    expect(await typesOf(before)).toEqual(
      expect.arrayContaining([
        'customer.subscription.created',
        'invoice.created',
        'invoice.finalized',
        'payment_intent.created',
        'charge.succeeded',
        'payment_intent.succeeded',
        'invoice.paid',
        'invoice.payment_succeeded',
        'customer.subscription.updated',
      ]),
    );
  });
});
