import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { advanceTo, clientOf, customerOnClock, idOf, monthlyPrice, seconds } from '../test-client.ts';

let emulator: Emulator;
let stripe: Stripe;
let price: string;

beforeAll(async () => {
  emulator = await startEmulator();
  stripe = clientOf(emulator);
  price = (await monthlyPrice(stripe, 3000)).id;
});
afterAll(() => emulator.close());

const invoicesOf = async (subscription: string) =>
  (await stripe.invoices.list({ subscription, limit: 100 })).data.map(({ status, total, created }) => [
    new Date(created * 1000).toISOString().slice(0, 10),
    status,
    total,
  ]);

describe('a test clock', () => {
  it('stands still, and time passes for its customers alone when it is advanced', async () => {
    const { customer, clock } = await customerOnClock(stripe, '2027-01-15');
    const subscription = await stripe.subscriptions.create({ customer, items: [{ price }] });
    expect(subscription).toMatchObject({
      status: 'active',
      created: seconds('2027-01-15'),
      test_clock: clock,
    });
    const other = await customerOnClock(stripe, '2027-01-15');
    const untouched = await stripe.subscriptions.create({ customer: other.customer, items: [{ price }] });

    const answer = await stripe.testHelpers.testClocks.advance(clock, {
      frozen_time: seconds('2027-04-15T02:00:00'),
    });

    expect(answer).toMatchObject({
      status: 'advancing',
      status_details: { advancing: { target_frozen_time: seconds('2027-04-15T02:00:00') } },
    });
    expect(await stripe.testHelpers.testClocks.retrieve(clock)).toMatchObject({
      status: 'ready',
      frozen_time: seconds('2027-04-15T02:00:00'),
    });
    expect(await invoicesOf(subscription.id)).toEqual([
      ['2027-04-15', 'paid', 3000],
      ['2027-03-15', 'paid', 3000],
      ['2027-02-15', 'paid', 3000],
      ['2027-01-15', 'paid', 3000],
    ]);
    expect(await invoicesOf(untouched.id)).toHaveLength(1);
    const ready = await stripe.events.list({ type: 'test_helpers.test_clock.ready' });
    expect(ready.data).toHaveLength(1);
  });

  it('does not go back, and takes its customers with it when it is deleted', async () => {
    const { customer, clock } = await customerOnClock(stripe, '2027-01-15');
    const { id } = await stripe.subscriptions.create({ customer, items: [{ price }] });

    await expect(
      stripe.testHelpers.testClocks.advance(clock, { frozen_time: seconds('2027-01-14') }),
    ).rejects.toMatchObject({ param: 'frozen_time' });
    expect(await stripe.testHelpers.testClocks.del(clock)).toMatchObject({ deleted: true });

    expect(await stripe.customers.retrieve(customer)).toMatchObject({ deleted: true });
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('canceled');
    await expect(stripe.testHelpers.testClocks.retrieve(clock)).rejects.toMatchObject({ statusCode: 404 });
  });

  it('is not for live mode', async () => {
    const live = clientOf(emulator, { key: 'sk_live_x' });
    await expect(
      live.testHelpers.testClocks.create({ frozen_time: seconds('2027-01-01') }),
    ).rejects.toMatchObject({ statusCode: 400 });
  });
});

describe('a trial', () => {
  it('costs nothing, is announced three days before its end, and is billed after it', async () => {
    const { customer, clock } = await customerOnClock(stripe, '2027-01-01');
    const { id, ...trial } = await stripe.subscriptions.create({
      customer,
      items: [{ price }],
      trial_period_days: 14,
    });
    expect(trial).toMatchObject({
      status: 'trialing',
      trial_start: seconds('2027-01-01'),
      trial_end: seconds('2027-01-15'),
      billing_cycle_anchor: seconds('2027-01-15'),
      items: { data: [{ current_period_end: seconds('2027-01-15') }] },
    });
    const announced = async () =>
      (await stripe.events.list({ type: 'customer.subscription.trial_will_end' })).data.filter(
        ({ data }) => 'id' in data.object && data.object.id === id,
      ).length;

    await advanceTo(stripe, clock, '2027-01-11T23:59:59');
    expect(await announced()).toBe(0);
    await advanceTo(stripe, clock, '2027-01-12T00:00:00');
    expect(await announced()).toBe(1);

    await advanceTo(stripe, clock, '2027-02-16');
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('active');
    expect(await announced()).toBe(1);
    expect(await invoicesOf(id)).toEqual([
      ['2027-02-15', 'paid', 3000],
      ['2027-01-15', 'paid', 3000],
      ['2027-01-01', 'paid', 0],
    ]);
  });

  it.each([
    ['cancel', 'canceled'],
    ['pause', 'paused'],
    ['create_invoice', 'past_due'],
  ] as const)('without a payment method ends as set: %s gives %s', async (behavior, status) => {
    const { customer, clock } = await customerOnClock(stripe, '2027-01-01', null);
    const { id } = await stripe.subscriptions.create({
      customer,
      items: [{ price }],
      trial_end: seconds('2027-01-08'),
      trial_settings: { end_behavior: { missing_payment_method: behavior } },
    });
    await advanceTo(stripe, clock, '2027-01-08T02:00:00');

    expect((await stripe.subscriptions.retrieve(id)).status).toBe(status);
  });
});

describe('collection that is paused', () => {
  it.each([
    ['keep_as_draft', 'draft'],
    ['void', 'void'],
    ['mark_uncollectible', 'uncollectible'],
  ] as const)('%s leaves the renewal %s, until it resumes', async (behavior, status) => {
    const { customer, clock } = await customerOnClock(stripe, '2027-01-01');
    const { id } = await stripe.subscriptions.create({ customer, items: [{ price }] });
    await stripe.subscriptions.update(id, {
      pause_collection: { behavior, resumes_at: seconds('2027-02-20') },
    });
    await advanceTo(stripe, clock, '2027-03-02');

    expect((await invoicesOf(id)).map(([, found]) => found)).toEqual(['paid', status, 'paid']);
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      status: 'active',
      pause_collection: null,
    });
  });
});

describe('a refused renewal', () => {
  const refused = async () => {
    const { customer, clock } = await customerOnClock(stripe, '2027-01-01');
    const { id } = await stripe.subscriptions.create({ customer, items: [{ price }] });
    const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer });
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: bad.id } });
    return { id, clock, customer };
  };
  const latest = async (id: string) =>
    stripe.invoices.retrieve(idOf((await stripe.subscriptions.retrieve(id)).latest_invoice));

  it('is retried as set, then ends the subscription', async () => {
    emulator.setRecovery({ retry_after_days: [3, 5], outcome: 'cancel' });
    const { id, clock } = await refused();
    await advanceTo(stripe, clock, '2027-02-01T01:00:00');
    expect(await latest(id)).toMatchObject({
      attempt_count: 1,
      next_payment_attempt: seconds('2027-02-04T01:00:00'),
    });
    await advanceTo(stripe, clock, '2027-02-04T01:00:00');
    expect(await latest(id)).toMatchObject({
      attempt_count: 2,
      next_payment_attempt: seconds('2027-02-09T01:00:00'),
    });
    await advanceTo(stripe, clock, '2027-02-09T01:00:00');

    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      status: 'canceled',
      cancellation_details: { reason: 'payment_failed' },
    });
  });

  it('is paid by a retry once the customer has a good card', async () => {
    emulator.setRecovery({ retry_after_days: [3], outcome: 'unpaid' });
    const { id, clock, customer } = await refused();
    await advanceTo(stripe, clock, '2027-02-02');
    const good = await stripe.paymentMethods.attach('pm_card_visa', { customer });
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: good.id } });
    await advanceTo(stripe, clock, '2027-02-05');

    expect((await stripe.subscriptions.retrieve(id)).status).toBe('active');
    expect(await latest(id)).toMatchObject({ status: 'paid', next_payment_attempt: null });
  });

  it('makes the subscription unpaid where set so, and later invoices wait as drafts', async () => {
    await fetch(`${emulator.url}/_emulator/recovery`, {
      method: 'POST',
      body: JSON.stringify({ retry_after_days: [1], outcome: 'unpaid' }),
    });
    const { id, clock } = await refused();
    await advanceTo(stripe, clock, '2027-03-02');

    expect((await stripe.subscriptions.retrieve(id)).status).toBe('unpaid');
    expect((await invoicesOf(id)).map(([, status]) => status)).toEqual(['draft', 'open', 'paid']);
  });
});

describe('cancelling at a time', () => {
  it('ends the subscription then, in the middle of a period', async () => {
    const { customer, clock } = await customerOnClock(stripe, '2027-01-01');
    const { id } = await stripe.subscriptions.create({
      customer,
      items: [{ price }],
      cancel_at: seconds('2027-02-10'),
    });
    await advanceTo(stripe, clock, '2027-06-01');

    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      status: 'canceled',
      ended_at: seconds('2027-02-10'),
    });
    expect(await invoicesOf(id)).toHaveLength(2);
  });
});

describe('a first period', () => {
  it('before the billing cycle anchor costs its share of a whole one', async () => {
    const { customer, clock } = await customerOnClock(stripe, '2027-04-16');
    const price = await monthlyPrice(stripe, 3000);
    const { id } = await stripe.subscriptions.create({
      customer,
      items: [{ price: price.id }],
      billing_cycle_anchor: seconds('2027-05-01'),
    });
    await advanceTo(stripe, clock, '2027-05-01T02:00:00');

    // 15 of the 30 days of April, then the whole of May.
    const { data } = await stripe.invoices.list({ subscription: id });
    expect(data.map(({ total }) => total)).toEqual([3000, 1500]);
    const { items } = await stripe.subscriptions.retrieve(id);
    expect(items.data[0]?.current_period_end).toBe(seconds('2027-06-01'));
  });
});
