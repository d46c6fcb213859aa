import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { advanceTo, clientOf, customerOnClock, idOf, monthlyPrice, seconds } from '../test-client.ts';

let emulator: Emulator;
let stripe: Stripe;
let vat: Stripe.TaxRate;
let sales: Stripe.TaxRate;

beforeAll(async () => {
  emulator = await startEmulator();
  stripe = clientOf(emulator);
  vat = await stripe.taxRates.create({ display_name: 'VAT', inclusive: true, percentage: 20 });
  sales = await stripe.taxRates.create({ display_name: 'Sales tax', inclusive: false, percentage: 8.25 });
});
afterAll(() => emulator.close());

const latest = (subscription: Stripe.Subscription) =>
  stripe.invoices.retrieve(idOf(subscription.latest_invoice));

describe('tax rates', () => {
  it('put a tax on top, after discounts, on the invoice, its preview and its renewals', async () => {
    const { customer, clock } = await customerOnClock(stripe, '2027-04-01');
    const price = await monthlyPrice(stripe, 1999);
    const coupon = await stripe.coupons.create({ percent_off: 10, duration: 'forever' });
    const wanted = {
      items: [{ price: price.id }],
      default_tax_rates: [sales.id],
    };
    const preview = await stripe.invoices.createPreview({
      customer,
      discounts: [{ coupon: coupon.id }],
      subscription_details: wanted,
    });
    const subscription = await stripe.subscriptions.create({
      customer,
      ...wanted,
      discounts: [{ coupon: coupon.id }],
    });
    const invoice = await latest(subscription);

    // 10 % of 19.99 is 2.00; 8.25 % of 17.99 is 1.484, so 1.48.
    expect(invoice).toMatchObject({
      subtotal: 1999,
      subtotal_excluding_tax: 1999,
      total: 1947,
      total_excluding_tax: 1799,
      amount_paid: 1947,
      total_taxes: [{ amount: 148, taxable_amount: 1799, tax_behavior: 'exclusive' }],
      default_tax_rates: [{ id: sales.id }],
    });
    expect(preview.total).toBe(1947);
    await advanceTo(stripe, clock, '2027-05-01T01:00:00');
    expect(await latest(await stripe.subscriptions.retrieve(subscription.id))).toMatchObject({ total: 1947 });
  });

  it('within the price leave the total as it is', async () => {
    const { customer } = await customerOnClock(stripe, '2027-04-01');
    const price = await monthlyPrice(stripe, 1200);
    const invoice = await latest(
      await stripe.subscriptions.create({
        customer,
        items: [{ price: price.id }],
        default_tax_rates: [vat.id],
      }),
    );

    // 20 % within 12.00 is 2.00.
    expect(invoice).toMatchObject({
      total: 1200,
      total_excluding_tax: 1000,
      subtotal_excluding_tax: 1000,
      total_taxes: [{ amount: 200, taxable_amount: 1000, tax_behavior: 'inclusive' }],
    });
  });

  it('are credited with what was unused, and given back with a credit note', async () => {
    const { customer, clock } = await customerOnClock(stripe, '2027-04-01');
    const [small, large] = [await monthlyPrice(stripe, 1000), await monthlyPrice(stripe, 2000)];
    const { id, items } = await stripe.subscriptions.create({
      customer,
      items: [{ price: small.id }],
      default_tax_rates: [sales.id],
    });
    await advanceTo(stripe, clock, '2027-04-16');
    const change = { id: items.data[0]?.id ?? '', price: large.id };
    const preview = await stripe.invoices.createPreview({
      subscription: id,
      subscription_details: {
        items: [change],
        proration_behavior: 'always_invoice',
        proration_date: seconds('2027-04-16'),
      },
    });
    const changed = await stripe.subscriptions.update(id, {
      items: [change],
      proration_behavior: 'always_invoice',
    });
    const invoice = await latest(changed);

    // Half a month: −5.00 and −0.41 tax (0.4125), +10.00 and +0.83 (0.825).
    expect(invoice).toMatchObject({ subtotal: 500, total: 542, total_excluding_tax: 500 });
    expect(preview.total).toBe(542);

    const line = invoice.lines.data.find(({ amount }) => amount === 1000);
    const note = await stripe.creditNotes.create({
      invoice: invoice.id ?? '',
      lines: [{ type: 'invoice_line_item', invoice_line_item: line?.id ?? '', amount: 400 }],
      credit_amount: 433,
    });
    // 4.00 and 8.25 % of it, 0.33.
    expect(note).toMatchObject({ amount: 433, total_excluding_tax: 400, total_taxes: [{ amount: 33 }] });
  });

  it('cost nothing to customers who are exempt, and automatic tax nothing to anybody', async () => {
    const { customer } = await customerOnClock(stripe, '2027-04-01');
    const price = await monthlyPrice(stripe, 1000);
    await stripe.customers.update(customer, { tax_exempt: 'reverse' });
    const subscription = await stripe.subscriptions.create({
      customer,
      items: [{ price: price.id, tax_rates: [sales.id] }],
      automatic_tax: { enabled: true },
    });

    expect(await latest(subscription)).toMatchObject({
      total: 1000,
      automatic_tax: { enabled: true, status: 'complete' },
      total_taxes: [{ amount: 0, taxability_reason: 'reverse_charge' }],
    });
  });
});
