import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { advanceTo, clientOf, customerOnClock, idOf, monthlyPrice, seconds } from '../test-client.ts';

let emulator: Emulator;
let stripe: Stripe;
let basic: Stripe.Price;
let pro: Stripe.Price;
let yearly: Stripe.Price;

beforeAll(async () => {
  emulator = await startEmulator();
  stripe = clientOf(emulator);
  basic = await monthlyPrice(stripe, 1000);
  pro = await monthlyPrice(stripe, 2000);
  yearly = await stripe.prices.create({
    product: idOf(pro.product),
    currency: 'usd',
    unit_amount: 20_000,
    recurring: { interval: 'year' },
  });
});
afterAll(() => emulator.close());

/** A subscription to `basic` from 1 April (30 days), with the clock at the middle of the month. */
async function halfway(token = 'pm_card_visa', params: Partial<Stripe.SubscriptionCreateParams> = {}) {
  const { customer, clock } = await customerOnClock(stripe, '2027-04-01', token);
  const { id, items } = await stripe.subscriptions.create({
    customer,
    items: [{ price: basic.id }],
    ...params,
  });
  await advanceTo(stripe, clock, '2027-04-16');
  return { customer, clock, id, item: items.data[0]?.id ?? '' };
}

const lines = (invoice: Stripe.Invoice) =>
  invoice.lines.data.map(({ amount, description }) => [description?.replace(/Plan at /, ''), amount]);
const balance = async (customer: string) => {
  const found = await stripe.customers.retrieve(customer);
  return found.deleted === true ? null : found.balance;
};

describe('an upgrade in the middle of a period', () => {
  it('is charged at once with always_invoice, as the preview said', async () => {
    const { id, item } = await halfway();
    const items = [{ id: item, price: pro.id }];
    const change = { items, proration_behavior: 'always_invoice' as const };

    const preview = await stripe.invoices.createPreview({ subscription: id, subscription_details: change });
    const changed = await stripe.subscriptions.update(id, { ...change, expand: ['latest_invoice'] });

    // Half of 10.00 is credited, half of 20.00 is charged.
    expect(preview).toMatchObject({ id: expect.stringMatching(/^upcoming_in_/), amount_due: 500 });
    const paid = await stripe.invoices.retrieve(idOf(changed.latest_invoice));
    expect(paid).toMatchObject({ status: 'paid', amount_paid: 500, billing_reason: 'subscription_update' });
    expect(lines(paid)).toEqual([
      ['Unused time on 1000 after 16 Apr 2027', -500],
      ['Remaining time on 2000 after 16 Apr 2027', 1000],
    ]);
    expect(lines(preview)).toEqual(lines(paid));
    expect(changed.items.data[0]).toMatchObject({
      id: item,
      price: { id: pro.id },
      current_period_end: seconds('2027-05-01'),
    });
    expect(paid.lines.data[0]?.parent?.subscription_item_details).toMatchObject({ proration: true });
  });

  it('waits for the renewal with create_prorations, as the preview of the renewal said', async () => {
    const { id, item, clock } = await halfway();
    const change = { items: [{ id: item, price: pro.id }] };
    const preview = await stripe.invoices.createPreview({ subscription: id, subscription_details: change });
    await stripe.subscriptions.update(id, change);
    expect((await stripe.invoices.list({ subscription: id })).data).toHaveLength(1);
    expect((await stripe.invoiceItems.list({ pending: true })).data.map(({ amount }) => amount)).toEqual([
      1000, -500,
    ]);
    await advanceTo(stripe, clock, '2027-05-01T01:00:00');

    const [renewal] = (await stripe.invoices.list({ subscription: id })).data;
    // 20.00 for May, 10.00 for what remained of April, less 5.00 of unused time.
    expect(renewal).toMatchObject({ status: 'paid', amount_paid: 2500 });
    expect(preview.amount_due).toBe(2500);
  });

  it('is not charged with none, and what was paid is what is credited later', async () => {
    const { id, item } = await halfway();
    await stripe.subscriptions.update(id, {
      items: [{ id: item, price: pro.id }],
      proration_behavior: 'none',
    });
    const back = await stripe.invoices.createPreview({
      subscription: id,
      subscription_details: {
        items: [{ id: item, price: basic.id }],
        proration_behavior: 'always_invoice',
      },
    });
    // 10.00 was paid for April, so half of that is credited, although the price is now 20.00.
    expect(lines(back)).toEqual([
      ['Unused time on 2000 after 16 Apr 2027', -500],
      ['Remaining time on 1000 after 16 Apr 2027', 500],
    ]);
  });

  it('counts from the proration date, by the second', async () => {
    const { id, item } = await halfway();
    const preview = await stripe.invoices.createPreview({
      subscription: id,
      subscription_details: {
        items: [{ id: item, price: pro.id, quantity: 3 }],
        proration_behavior: 'always_invoice',
        proration_date: seconds('2027-04-11T00:00:01'),
      },
    });
    // 1,727,999 of 2,592,000 seconds are left: 1000 → 666.666, 6000 → 3999.997.
    expect(preview.lines.data.map(({ amount }) => amount)).toEqual([-667, 4000]);
  });

  it('changes nothing while it is only previewed', async () => {
    const { id, item } = await halfway();
    const before = emulator.counts();
    await stripe.invoices.createPreview({
      subscription: id,
      subscription_details: { items: [{ id: item, price: yearly.id }] },
    });

    expect(emulator.counts()).toEqual(before);
  });
});

describe('a change of the cycle', () => {
  it('to another interval credits the old and charges the whole new period now', async () => {
    const { id, item } = await halfway();
    const change = { items: [{ id: item, price: yearly.id }] };
    const preview = await stripe.invoices.createPreview({ subscription: id, subscription_details: change });
    const changed = await stripe.subscriptions.update(id, { ...change, expand: ['latest_invoice'] });

    expect(changed).toMatchObject({
      billing_cycle_anchor: seconds('2027-04-16'),
      latest_invoice: { status: 'paid', amount_paid: 19_500 },
      items: {
        data: [{ current_period_start: seconds('2027-04-16'), current_period_end: seconds('2028-04-16') }],
      },
    });
    expect(preview.amount_due).toBe(19_500);
  });

  it('to now starts a new month and credits what was unused', async () => {
    const { id } = await halfway();
    const changed = await stripe.subscriptions.update(id, {
      billing_cycle_anchor: { type: 'now' },
      expand: ['latest_invoice'],
    });
    expect(changed.latest_invoice).toMatchObject({ amount_paid: 500, total: 500 });
    expect(changed.items.data[0]?.current_period_end).toBe(seconds('2027-05-16'));
  });

  it('by the end of a trial now bills the first period', async () => {
    const { customer } = await customerOnClock(stripe, '2027-04-01');
    const trial = await stripe.subscriptions.create({
      customer,
      items: [{ price: basic.id }],
      trial_period_days: 30,
    });
    const ended = await stripe.subscriptions.update(trial.id, {
      trial_end: 'now',
      expand: ['latest_invoice'],
    });
    expect(ended).toMatchObject({ status: 'active', latest_invoice: { status: 'paid', total: 1000 } });
  });

  it('an extended trial is billed at its new end', async () => {
    const { customer, clock } = await customerOnClock(stripe, '2027-04-01');
    const trial = await stripe.subscriptions.create({
      customer,
      items: [{ price: basic.id }],
      trial_period_days: 7,
    });
    await stripe.subscriptions.update(trial.id, { trial_end: seconds('2027-04-20') });
    await advanceTo(stripe, clock, '2027-04-10');
    expect((await stripe.subscriptions.retrieve(trial.id)).status).toBe('trialing');
    await advanceTo(stripe, clock, '2027-04-20T02:00:00');
    expect(await stripe.subscriptions.retrieve(trial.id)).toMatchObject({
      status: 'active',
      billing_cycle_anchor: seconds('2027-04-20'),
    });
  });
});

describe('a downgrade', () => {
  it('leaves credit that the next invoices use up', async () => {
    const { customer, clock } = await customerOnClock(stripe, '2027-04-01');
    const { id, items } = await stripe.subscriptions.create({ customer, items: [{ price: pro.id }] });
    await advanceTo(stripe, clock, '2027-04-16');
    const changed = await stripe.subscriptions.update(id, {
      items: [{ id: items.data[0]?.id ?? '', price: basic.id }],
      proration_behavior: 'always_invoice',
      expand: ['latest_invoice'],
    });
    // −10.00 unused, +5.00 remaining.
    expect(changed.latest_invoice).toMatchObject({
      status: 'paid',
      total: -500,
      amount_due: 0,
      ending_balance: -500,
    });
    expect(await balance(customer)).toBe(-500);
    await advanceTo(stripe, clock, '2027-05-01T01:00:00');

    const [renewal] = (await stripe.invoices.list({ subscription: id })).data;
    expect(renewal).toMatchObject({
      total: 1000,
      starting_balance: -500,
      ending_balance: 0,
      amount_paid: 500,
    });
    const moved = await stripe.customers.listBalanceTransactions(customer);
    expect(moved.data.map(({ amount, type }) => [amount, type])).toEqual([
      [500, 'applied_to_invoice'],
      [-500, 'applied_to_invoice'],
    ]);
  });
});

describe('items of a subscription', () => {
  it('are added and removed with proration', async () => {
    const { id, item } = await halfway();
    const added = await stripe.subscriptions.update(id, {
      items: [{ price: pro.id, quantity: 2 }],
      proration_behavior: 'always_invoice',
      expand: ['latest_invoice'],
    });
    expect(added.items.data).toHaveLength(2);
    expect(added.latest_invoice).toMatchObject({ total: 2000 });
    const removed = await stripe.subscriptions.update(id, {
      items: [{ id: item, deleted: true }],
      proration_behavior: 'always_invoice',
      expand: ['latest_invoice'],
    });
    expect(removed.items.data.map(({ price }) => price.id)).toEqual([pro.id]);
    expect(removed.latest_invoice).toMatchObject({ total: -500 });
  });

  it('that are metered are billed at the old price up to the switch', async () => {
    const meter = await stripe.billing.meters.create({
      display_name: 'Calls',
      event_name: 'switched_calls',
      default_aggregation: { formula: 'sum' },
    });
    const metered = (amount: number) =>
      stripe.prices.create({
        product: idOf(basic.product),
        currency: 'usd',
        unit_amount: amount,
        recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
      });
    const [cheap, dear] = [await metered(1), await metered(5)];
    const { customer, clock } = await customerOnClock(stripe, '2027-04-01');
    const { id, items } = await stripe.subscriptions.create({ customer, items: [{ price: cheap.id }] });
    const use = (value: string) =>
      stripe.billing.meterEvents.create({
        event_name: 'switched_calls',
        payload: { stripe_customer_id: customer, value },
      });
    await advanceTo(stripe, clock, '2027-04-10');
    await use('100');
    await advanceTo(stripe, clock, '2027-04-16');
    await stripe.subscriptions.update(id, { items: [{ id: items.data[0]?.id ?? '', price: dear.id }] });
    await use('10');
    await advanceTo(stripe, clock, '2027-05-01T01:00:00');

    // 100 at 0.01 before, 10 at 0.05 after.
    expect((await stripe.invoices.list({ subscription: id })).data[0]).toMatchObject({
      amount_paid: 100 + 50,
    });
  });
});

describe('an upgrade whose payment is refused', () => {
  const refused = async (payment_behavior: Stripe.SubscriptionUpdateParams.PaymentBehavior) => {
    const { id, item, customer } = await halfway();
    const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer });
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: bad.id } });
    const update = () =>
      stripe.subscriptions.update(id, {
        items: [{ id: item, price: pro.id }],
        proration_behavior: 'always_invoice',
        payment_behavior,
        expand: ['latest_invoice'],
      });
    return { id, update };
  };

  it('leaves the old plan and a pending update, which counts once it is paid', async () => {
    const { id, update } = await refused('pending_if_incomplete');
    const pending = await update();
    expect(pending).toMatchObject({
      status: 'active',
      items: { data: [{ price: { id: basic.id } }] },
      pending_update: { subscription_items: [{ price: { id: pro.id } }] },
      latest_invoice: { status: 'open', amount_due: 500 },
    });
    await stripe.invoices.pay(idOf(pending.latest_invoice), { payment_method: 'pm_card_visa' });

    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      items: { data: [{ price: { id: pro.id } }] },
      pending_update: null,
    });
  });

  it('forgets a pending update after 23 hours', async () => {
    const { id, update } = await refused('pending_if_incomplete');
    const { latest_invoice, test_clock } = await update();
    await advanceTo(stripe, idOf(test_clock), '2027-04-16T23:00:00');

    expect((await stripe.invoices.retrieve(idOf(latest_invoice))).status).toBe('void');
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      items: { data: [{ price: { id: basic.id } }] },
      pending_update: null,
    });
  });

  it('is undone altogether with error_if_incomplete', async () => {
    const { id, update } = await refused('error_if_incomplete');
    await expect(update()).rejects.toMatchObject({ statusCode: 402, code: 'card_declined' });

    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      status: 'active',
      items: { data: [{ price: { id: basic.id } }] },
    });
    expect((await stripe.invoices.list({ subscription: id })).data).toHaveLength(1);
  });

  it('is past due on the new plan with allow_incomplete', async () => {
    const { update } = await refused('allow_incomplete');
    expect(await update()).toMatchObject({
      status: 'past_due',
      items: { data: [{ price: { id: pro.id } }] },
    });
  });
});

describe('cancelling now', () => {
  it('credits unused time on a last invoice where asked to', async () => {
    const { id, customer } = await halfway();
    const preview = await stripe.invoices.createPreview({
      subscription: id,
      subscription_details: { cancel_now: true },
    });
    await stripe.subscriptions.cancel(id, { prorate: true, invoice_now: true });

    expect(preview.total).toBe(-500);
    expect(await balance(customer)).toBe(-500);
  });

  it('credits nothing by itself', async () => {
    const { id, customer } = await halfway();
    await stripe.subscriptions.cancel(id);
    expect(await balance(customer)).toBe(0);
  });

  it('forgets what was used, unless a last invoice is asked for', async () => {
    const meter = await stripe.billing.meters.create({
      display_name: 'Calls',
      event_name: 'last_calls',
      default_aggregation: { formula: 'sum' },
    });
    const price = await stripe.prices.create({
      product: idOf(basic.product),
      currency: 'usd',
      unit_amount: 2,
      recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
    });
    const totals = async (used: string | undefined, params: Stripe.SubscriptionCancelParams) => {
      const { customer, clock } = await customerOnClock(stripe, '2027-04-01');
      const { id } = await stripe.subscriptions.create({
        customer,
        items: [{ price: basic.id }, { price: price.id }],
      });
      await advanceTo(stripe, clock, '2027-04-10');
      if (used !== undefined) {
        await stripe.billing.meterEvents.create({
          event_name: 'last_calls',
          payload: { stripe_customer_id: customer, value: used },
        });
      }
      await advanceTo(stripe, clock, '2027-04-16');
      await stripe.subscriptions.cancel(id, params);
      const { data } = await stripe.invoices.list({ subscription: id });
      return data.map(({ total, status }) => [total, status]);
    };

    const first = [1000, 'paid'];
    expect(await totals('50', {})).toEqual([first]);
    expect(await totals('50', { invoice_now: true })).toEqual([[100, 'paid'], first]);
    // Half of 1000 is unused.
    expect(await totals('50', { invoice_now: true, prorate: true })).toEqual([[-400, 'paid'], first]);
    expect(await totals(undefined, { invoice_now: true })).toEqual([first]);
  });
});

describe('a paused subscription', () => {
  it('resumes with a new period that is paid', async () => {
    const { customer, clock } = await customerOnClock(stripe, '2027-04-01', null);
    const { id } = await stripe.subscriptions.create({
      customer,
      items: [{ price: basic.id }],
      trial_period_days: 7,
      trial_settings: { end_behavior: { missing_payment_method: 'pause' } },
    });
    await advanceTo(stripe, clock, '2027-04-20');
    const card = await stripe.paymentMethods.attach('pm_card_visa', { customer });
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card.id } });
    const resumed = await stripe.subscriptions.resume(id, { billing_cycle_anchor: { type: 'now' } });

    expect(resumed).toMatchObject({ status: 'active', billing_cycle_anchor: seconds('2027-04-20') });
    expect((await stripe.invoices.list({ subscription: id })).data[0]).toMatchObject({
      status: 'paid',
      total: 1000,
    });
  });
});

describe('invoice items', () => {
  it('wait for the next renewal, or make an invoice of their own', async () => {
    const { customer, clock } = await customerOnClock(stripe, '2027-04-01');
    const { id } = await stripe.subscriptions.create({ customer, items: [{ price: basic.id }] });
    await stripe.invoiceItems.create({ customer, amount: 700, currency: 'usd', description: 'Setup' });
    await advanceTo(stripe, clock, '2027-05-01T01:00:00');
    expect((await stripe.invoices.list({ subscription: id })).data[0]).toMatchObject({ amount_paid: 1700 });

    await stripe.invoiceItems.create({ customer, amount: 250, currency: 'usd' });
    const draft = await stripe.invoices.create({ customer, pending_invoice_items_behavior: 'include' });
    const more = await stripe.invoiceItems.create({
      customer,
      invoice: draft.id,
      unit_amount_decimal: Stripe.Decimal.from('30'),
      quantity: 2,
      currency: 'usd',
    });
    expect((await stripe.invoices.retrieve(draft.id)).total).toBe(310);
    await stripe.invoiceItems.del(more.id);
    await stripe.invoices.finalizeInvoice(draft.id);
    expect(await stripe.invoices.pay(draft.id)).toMatchObject({ status: 'paid', amount_paid: 250 });
  });

  it('credit given to a customer is used first, and comes back from a voided invoice', async () => {
    const { customer } = await customerOnClock(stripe, '2027-04-01');
    await stripe.customers.createBalanceTransaction(customer, { amount: -300, currency: 'usd' });
    await stripe.invoiceItems.create({ customer, amount: 1000, currency: 'usd' });
    const draft = await stripe.invoices.create({ customer, pending_invoice_items_behavior: 'include' });
    expect(await stripe.invoices.finalizeInvoice(draft.id)).toMatchObject({ amount_due: 700 });
    expect(await balance(customer)).toBe(0);
    await stripe.invoices.voidInvoice(draft.id);
    expect(await balance(customer)).toBe(-300);
  });
});
