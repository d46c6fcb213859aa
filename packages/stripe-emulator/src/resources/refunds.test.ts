import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { clientOf, customerOnClock, customerWithCard, idOf, monthlyPrice } from '../test-client.ts';

let emulator: Emulator;
let stripe: Stripe;
let price: string;

beforeAll(async () => {
  emulator = await startEmulator();
  stripe = clientOf(emulator);
  price = (await monthlyPrice(stripe, 3000)).id;
});
afterAll(() => emulator.close());

const pay = (payment_method: string) =>
  stripe.paymentIntents.create({ amount: 5000, currency: 'usd', payment_method, confirm: true });
const eventsOf = async (type: string, id: string) =>
  (await stripe.events.list({ type, limit: 100 })).data.filter(({ data }) =>
    JSON.stringify(data.object).includes(id),
  ).length;

describe('a refund', () => {
  it('gives back a part, then the rest, and no more', async () => {
    const { id, latest_charge } = await pay('pm_card_visa');
    const charge = idOf(latest_charge);
    await stripe.refunds.create({ payment_intent: id, amount: 2000, reason: 'requested_by_customer' });
    expect(await stripe.charges.retrieve(charge)).toMatchObject({ amount_refunded: 2000, refunded: false });
    await expect(stripe.refunds.create({ charge, amount: 3001 })).rejects.toMatchObject({ param: 'amount' });
    await stripe.refunds.create({ charge });

    expect(await stripe.charges.retrieve(charge, { expand: ['refunds'] })).toMatchObject({
      amount_refunded: 5000,
      refunded: true,
      refunds: { data: [{ amount: 3000 }, { amount: 2000 }] },
    });
    await expect(stripe.refunds.create({ charge })).rejects.toMatchObject({
      code: 'charge_already_refunded',
    });
    expect(await eventsOf('charge.refunded', charge)).toBe(2);
  });

  it.each([
    ['pm_card_pendingRefund', 'succeeded', 5000],
    ['pm_card_refundFail', 'failed', 0],
  ])('to %s is decided later: %s', async (card, status, amount) => {
    const { id, latest_charge } = await pay(card);
    const refund = await stripe.refunds.create({ payment_intent: id });
    expect(refund.status).toBe('pending');
    emulator.advanceTo(emulator.now() + 61);

    expect((await stripe.refunds.retrieve(refund.id)).status).toBe(status);
    expect((await stripe.charges.retrieve(idOf(latest_charge))).amount_refunded).toBe(amount);
  });
});

describe('a dispute', () => {
  it.each([
    ['winning_evidence', 'won', 1],
    ['losing_evidence', 'lost', 0],
  ])('is opened by its test card and decided by %s', async (uncategorized_text, status, reinstated) => {
    const { id, latest_charge } = await pay('pm_card_createDispute');
    const [dispute] = (await stripe.disputes.list({ payment_intent: id })).data;
    expect(dispute).toMatchObject({ status: 'needs_response', reason: 'fraudulent', amount: 5000 });
    expect((await stripe.charges.retrieve(idOf(latest_charge))).disputed).toBe(true);
    const closed = await stripe.disputes.update(dispute?.id ?? '', { evidence: { uncategorized_text } });

    expect(closed.status).toBe(status);
    expect(await eventsOf('charge.dispute.closed', closed.id)).toBe(1);
    expect(await eventsOf('charge.dispute.funds_reinstated', closed.id)).toBe(reinstated);
    await expect(stripe.disputes.close(closed.id)).rejects.toMatchObject({ statusCode: 400 });
  });

  it('that is only an inquiry withdraws no money', async () => {
    const { id } = await pay('pm_card_createDisputeInquiry');
    const [dispute] = (await stripe.disputes.list({ payment_intent: id })).data;

    expect(dispute?.status).toBe('warning_needs_response');
    expect(await eventsOf('charge.dispute.funds_withdrawn', dispute?.id ?? '')).toBe(0);
  });
});

describe('a credit note', () => {
  const invoice = async (collection: Partial<Stripe.SubscriptionCreateParams> = {}) => {
    const customer = await customerWithCard(stripe);
    const { latest_invoice } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price }],
      ...collection,
    });
    return stripe.invoices.retrieve(idOf(latest_invoice));
  };

  it('of a paid invoice gives back money and credit, which must add up', async () => {
    const paid = await invoice();
    await expect(
      stripe.creditNotes.create({ invoice: paid.id, amount: 1000, refund_amount: 500 }),
    ).rejects.toMatchObject({ statusCode: 400 });
    const note = await stripe.creditNotes.create({
      invoice: paid.id,
      amount: 1000,
      refund_amount: 600,
      credit_amount: 400,
    });

    expect(note).toMatchObject({
      status: 'issued',
      type: 'post_payment',
      total: 1000,
      number: `${paid.number}-CN-01`,
      refunds: [{ amount_refunded: 600 }],
    });
    expect(await stripe.customers.retrieve(idOf(paid.customer))).toMatchObject({ balance: -400 });
    expect((await stripe.invoices.retrieve(paid.id)).post_payment_credit_notes_amount).toBe(1000);
  });

  it('of an open invoice lowers what is due; all of it pays the invoice', async () => {
    const open = await invoice({ collection_method: 'send_invoice', days_until_due: 7 });
    const [line] = open.lines.data;
    await stripe.creditNotes.create({ invoice: open.id, amount: 1000 });
    expect(await stripe.invoices.retrieve(open.id)).toMatchObject({
      status: 'open',
      amount_due: 2000,
      pre_payment_credit_notes_amount: 1000,
    });
    await expect(
      stripe.creditNotes.create({
        invoice: open.id,
        lines: [{ type: 'invoice_line_item', invoice_line_item: line?.id ?? '', quantity: 1 }],
      }),
    ).rejects.toMatchObject({ statusCode: 400 });
    await stripe.creditNotes.create({ invoice: open.id, amount: 2000 });

    expect((await stripe.invoices.retrieve(open.id)).status).toBe('paid');
  });
});

describe('tax ids of a customer', () => {
  it('are on its next invoices', async () => {
    const { customer } = await customerOnClock(stripe, '2027-01-01');
    const taxId = await stripe.customers.createTaxId(customer, { type: 'eu_vat', value: 'DE123456789' });
    expect(taxId).toMatchObject({ country: 'DE', verification: { status: 'verified' } });
    const { latest_invoice } = await stripe.subscriptions.create({ customer, items: [{ price }] });

    expect((await stripe.invoices.retrieve(idOf(latest_invoice))).customer_tax_ids).toEqual([
      { type: 'eu_vat', value: 'DE123456789' },
    ]);
    await stripe.customers.deleteTaxId(customer, taxId.id);
    expect((await stripe.customers.listTaxIds(customer)).data).toEqual([]);
  });
});
