import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from './emulator.ts';
import { clientOf, customerOnClock, idOf, monthlyPrice } from './test-client.ts';

/** Stripe's published example objects (`fixtures3.json` of its OpenAPI repository), when there is a copy. */
const FIXTURES = process.env['STRIPE_FIXTURES'];

/** Where the pinned `stripe` package declares each kind that is served. */
const DECLARED: Record<string, string> = {
  account: 'Accounts',
  'billing.meter': 'Billing/Meters',
  charge: 'Charges',
  'checkout.session': 'Checkout/Sessions',
  coupon: 'Coupons',
  credit_note: 'CreditNotes',
  customer: 'Customers',
  customer_balance_transaction: 'CustomerBalanceTransactions',
  dispute: 'Disputes',
  'entitlements.feature': 'Entitlements/Features',
  event: 'Events',
  invoice: 'Invoices',
  invoice_payment: 'InvoicePayments',
  invoiceitem: 'InvoiceItems',
  payment_intent: 'PaymentIntents',
  payment_method: 'PaymentMethods',
  price: 'Prices',
  product: 'Products',
  promotion_code: 'PromotionCodes',
  refund: 'Refunds',
  setup_intent: 'SetupIntents',
  subscription: 'Subscriptions',
  subscription_item: 'SubscriptionItems',
  subscription_schedule: 'SubscriptionSchedules',
  tax_id: 'TaxIds',
  'test_helpers.test_clock': 'TestHelpers/TestClocks',
  webhook_endpoint: 'WebhookEndpoints',
};

let emulator: Emulator;
let stripe: Stripe;
const made: Record<string, object> = {};

async function makeOneOfEach(): Promise<void> {
  const { customer, clock } = await customerOnClock(stripe, '2027-01-01', 'pm_card_createDispute');
  const price = await monthlyPrice(stripe, 1000);
  const coupon = await stripe.coupons.create({ percent_off: 10, duration: 'forever' });
  const subscription = await stripe.subscriptions.create({ customer, items: [{ price: price.id }] });
  const invoice = await stripe.invoices.retrieve(idOf(subscription.latest_invoice));
  const [payment] = (await stripe.invoicePayments.list({ invoice: invoice.id })).data;
  const intent = await stripe.paymentIntents.retrieve(idOf(payment?.payment.payment_intent ?? null));
  const found: { object: string }[] = [
    await stripe.accounts.create({ type: 'standard' }),
    await stripe.billing.meters.create({
      display_name: 'Calls',
      event_name: 'calls',
      default_aggregation: { formula: 'sum' },
    }),
    await stripe.charges.retrieve(idOf(intent.latest_charge), { expand: ['refunds'] }),
    await stripe.checkout.sessions.create({
      mode: 'subscription',
      line_items: [{ price: price.id, quantity: 1 }],
      success_url: 'https://shop.example/ok',
    }),
    coupon,
    await stripe.creditNotes.create({ invoice: invoice.id, credit_amount: 100, amount: 100 }),
    await stripe.customers.createBalanceTransaction(customer, { amount: -5, currency: 'usd' }),
    ...(await stripe.disputes.list({ payment_intent: intent.id })).data,
    await stripe.entitlements.features.create({ name: 'Exports', lookup_key: 'exports' }),
    ...(await stripe.events.list({ limit: 1 })).data,
    invoice,
    ...(payment === undefined ? [] : [payment]),
    await stripe.invoiceItems.create({ customer, amount: 5, currency: 'usd' }),
    intent,
    ...(await stripe.paymentMethods.list({ customer })).data,
    price,
    await stripe.products.retrieve(idOf(price.product)),
    await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id } }),
    await stripe.refunds.create({ payment_intent: intent.id, amount: 5 }),
    await stripe.setupIntents.create({ customer }),
    ...subscription.items.data,
    await stripe.subscriptionSchedules.create({ from_subscription: subscription.id }),
    await stripe.subscriptions.retrieve(subscription.id),
    await stripe.customers.createTaxId(customer, { type: 'eu_vat', value: 'DE123456789' }),
    await stripe.testHelpers.testClocks.retrieve(clock),
    await stripe.webhookEndpoints.create({ url: 'https://shop.example/h', enabled_events: ['*'] }),
    await stripe.customers.retrieve(customer),
  ];
  for (const object of found) made[object.object] = object;
}

/** The keys that the pinned package declares for a kind: those of the interface with its `object`. */
function declaredKeys(kind: string, file: string): Set<string> {
  const entry = fileURLToPath(import.meta.resolve('stripe'));
  const lines = readFileSync(
    `${entry.slice(0, entry.lastIndexOf('/'))}/resources/${file}.d.ts`,
    'utf8',
  ).split('\n');
  const at = lines.findIndex((line) => line.trim() === `object: '${kind}';`);
  const indent = /^ */.exec(lines[at] ?? '')?.[0] ?? '';
  const outside = (line: string) => line !== '' && !line.startsWith(indent);
  const start = lines.findLastIndex((line, index) => index < at && outside(line));
  const end = lines.findIndex((line, index) => index > at && outside(line));
  const key = new RegExp(`^${indent}(\\w+)\\??:`);
  return new Set(lines.slice(start, end).flatMap((line) => key.exec(line)?.[1] ?? []));
}

function fixture(kind: string): object {
  const published: unknown = JSON.parse(readFileSync(FIXTURES ?? '', 'utf8'));
  const resources = isRecord(published) ? published['resources'] : undefined;
  const found = isRecord(resources) ? resources[kind] : undefined;
  if (!isRecord(found)) throw new Error(`There is no fixture of ${kind}`);
  return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

describe.skipIf(FIXTURES === undefined)("an object has every key of Stripe's published example", () => {
  beforeAll(async () => {
    emulator = await startEmulator();
    stripe = clientOf(emulator);
    await makeOneOfEach();
  });
  afterAll(() => emulator.close());

  it.each(Object.entries(DECLARED))('%s', (kind, file) => {
    const pinned = declaredKeys(kind, file);
    const ours = new Set(Object.keys(made[kind] ?? {}));
    const declared = Object.keys(fixture(kind)).filter((key) => pinned.has(key));

    expect(declared.length).toBeGreaterThan(3);
    expect(declared.filter((key) => !ours.has(key))).toEqual([]);
  });
});
