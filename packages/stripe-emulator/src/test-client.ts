import Stripe from 'stripe';
import type { Emulator } from './emulator.ts';

/** The official client, pointed at an emulator. */
export function clientOf(emulator: Emulator, options: { account?: string; key?: string } = {}): Stripe {
  return new Stripe(options.key ?? 'sk_test_emulator', {
    host: emulator.host,
    port: emulator.port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
    ...(options.account === undefined ? {} : { stripeAccount: options.account }),
  });
}

/** The id of a reference that is there, expanded or not. */
export function idOf(reference: string | { id: string } | null): string {
  if (reference === null) throw new Error('There is no such reference');
  return typeof reference === 'string' ? reference : reference.id;
}

/** A monthly price of a new product, in usd cents. */
export async function monthlyPrice(stripe: Stripe, amount: number): Promise<Stripe.Price> {
  const product = await stripe.products.create({ name: `Plan at ${amount}` });
  return stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: amount,
    recurring: { interval: 'month' },
  });
}

/** A customer with a default card, by the name of a ready-made one. */
export async function customerWithCard(stripe: Stripe, token = 'pm_card_visa'): Promise<Stripe.Customer> {
  const customer = await stripe.customers.create({ email: 'ada@example.com', name: 'Ada' });
  const method = await stripe.paymentMethods.attach(token, { customer: customer.id });
  return stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
}

/** A customer on a test clock of its own, with a default card; `at` is a time in UTC. */
export async function customerOnClock(
  stripe: Stripe,
  at: string,
  token: string | null = 'pm_card_visa',
): Promise<{ customer: string; clock: string }> {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: seconds(at) });
  const customer = await stripe.customers.create({ test_clock: clock.id, name: 'Ada' });
  if (token !== null) {
    const method = await stripe.paymentMethods.attach(token, { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
  }
  return { customer: customer.id, clock: clock.id };
}

/** Moves a test clock to a time in UTC. */
export async function advanceTo(stripe: Stripe, clock: string, at: string): Promise<void> {
  await stripe.testHelpers.testClocks.advance(clock, { frozen_time: seconds(at) });
}

/** A time in UTC as seconds since the epoch. */
export function seconds(at: string): number {
  return Date.parse(at.includes('T') ? `${at}Z` : `${at}T00:00:00Z`) / 1000;
}
