import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from './emulator.ts';
import { clientOf, monthlyPrice } from './test-client.ts';

let emulator: Emulator;
let stripe: Stripe;

beforeAll(async () => {
  emulator = await startEmulator();
  stripe = clientOf(emulator);
});
afterAll(() => emulator.close());

describe('a seed', () => {
  it('makes paid subscriptions by the thousand, which lists go through without a gap', async () => {
    const { id: price } = await monthlyPrice(stripe, 1900);
    const seeded = emulator.seed({
      count: 10_000,
      prices: [price],
      customer: (index) => ({ metadata: { number: String(index) } }),
      metadata: (index) => ({ number: String(index) }),
    });
    const listed: Stripe.Subscription[] = [];
    const options = { status: 'all', limit: 100, expand: ['data.discounts', 'data.schedule'] } as const;
    // All of them were created in the same second or two, so only the cursor tells where a page ends.
    for await (const subscription of stripe.subscriptions.list({ ...options, expand: [...options.expand] }))
      listed.push(subscription);

    expect(listed.map(({ id }) => id).reverse()).toEqual(seeded.map(({ subscription }) => subscription));
    expect(listed.every(({ status }) => status === 'active')).toBe(true);
    expect(listed.at(-1)?.metadata).toEqual({ number: '0' });
    const [last] = (await stripe.invoices.list({ limit: 1 })).data;
    expect(last).toMatchObject({ status: 'paid', amount_paid: 1900, customer: seeded.at(-1)?.customer });
  }, 60_000);
});
