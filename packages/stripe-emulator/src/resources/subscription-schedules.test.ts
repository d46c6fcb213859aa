import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { advanceTo, clientOf, customerOnClock, monthlyPrice, seconds } from '../test-client.ts';

let emulator: Emulator;
let stripe: Stripe;
let basic: Stripe.Price;
let pro: Stripe.Price;

beforeAll(async () => {
  emulator = await startEmulator();
  stripe = clientOf(emulator);
  basic = await monthlyPrice(stripe, 1000);
  pro = await monthlyPrice(stripe, 2000);
});
afterAll(() => emulator.close());

/** A subscription to `pro` that goes down to `basic` when April ends. */
async function downgradeAtPeriodEnd() {
  const { customer, clock } = await customerOnClock(stripe, '2027-04-01');
  const { id } = await stripe.subscriptions.create({ customer, items: [{ price: pro.id }] });
  await advanceTo(stripe, clock, '2027-04-10');
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: id });
  const [current] = schedule.phases;
  await stripe.subscriptionSchedules.update(schedule.id, {
    end_behavior: 'release',
    phases: [
      {
        items: [{ price: pro.id, quantity: 1 }],
        start_date: current?.start_date ?? 0,
        end_date: current?.end_date ?? 0,
      },
      { items: [{ price: basic.id, quantity: 1 }], proration_behavior: 'none' },
    ],
  });
  return { id, clock, schedule: schedule.id };
}

const totals = async (subscription: string) =>
  (await stripe.invoices.list({ subscription, limit: 100 })).data.map(({ total }) => total).reverse();

describe('a subscription schedule', () => {
  it('changes the plan when the period ends, and lets go when it is through', async () => {
    const { id, clock, schedule } = await downgradeAtPeriodEnd();
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      schedule,
      items: { data: [{ price: { id: pro.id } }] },
    });
    await advanceTo(stripe, clock, '2027-05-01T01:00:00');
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
      items: { data: [{ price: { id: basic.id }, current_period_end: seconds('2027-06-01') }] },
    });
    await advanceTo(stripe, clock, '2027-06-02');

    expect(await totals(id)).toEqual([2000, 1000, 1000]);
    expect(await stripe.subscriptionSchedules.retrieve(schedule)).toMatchObject({
      status: 'released',
      released_subscription: id,
    });
    expect((await stripe.subscriptions.retrieve(id)).schedule).toBeNull();
  });

  it('that is released changes nothing', async () => {
    const { id, clock, schedule } = await downgradeAtPeriodEnd();
    await stripe.subscriptionSchedules.release(schedule);
    await advanceTo(stripe, clock, '2027-05-02');

    expect(await totals(id)).toEqual([2000, 2000]);
    await expect(stripe.subscriptionSchedules.release(schedule)).rejects.toMatchObject({ statusCode: 400 });
  });

  it('ends with its subscription', async () => {
    const { id, schedule } = await downgradeAtPeriodEnd();
    await stripe.subscriptions.cancel(id);

    expect((await stripe.subscriptionSchedules.retrieve(schedule)).status).toBe('canceled');
  });

  it('starts a subscription at a later date, and ends it after its last phase', async () => {
    const { customer, clock } = await customerOnClock(stripe, '2027-04-01');
    const { id } = await stripe.subscriptionSchedules.create({
      customer,
      start_date: seconds('2027-04-15'),
      end_behavior: 'cancel',
      phases: [
        { items: [{ price: basic.id }], duration: { interval: 'month', interval_count: 1 } },
        { items: [{ price: pro.id }], duration: { interval: 'month', interval_count: 2 } },
      ],
    });
    expect((await stripe.subscriptionSchedules.retrieve(id)).status).toBe('not_started');
    await advanceTo(stripe, clock, '2027-09-01');

    const [subscription] = (await stripe.subscriptions.list({ customer, status: 'all' })).data;
    expect(subscription).toMatchObject({ status: 'canceled', ended_at: seconds('2027-07-15') });
    expect(await totals(subscription?.id ?? '')).toEqual([1000, 2000, 2000]);
    expect((await stripe.subscriptionSchedules.retrieve(id)).status).toBe('completed');
  });

  it('brings the metadata and the discounts of a phase, and takes what the phase leaves out', async () => {
    const { id, clock, schedule } = await downgradeAtPeriodEnd();
    await stripe.subscriptions.update(id, { metadata: { plan: 'pro', seats: 'many', kept: 'yes' } });
    const half = await stripe.coupons.create({ percent_off: 50, duration: 'forever' });
    const { phases } = await stripe.subscriptionSchedules.retrieve(schedule);
    await stripe.subscriptionSchedules.update(schedule, {
      phases: [
        {
          items: [{ price: pro.id, quantity: 1 }],
          start_date: phases[0]?.start_date ?? 0,
          end_date: phases[0]?.end_date ?? 0,
        },
        {
          items: [{ price: basic.id, quantity: 1 }],
          metadata: { plan: 'basic', seats: '' },
          discounts: [{ coupon: half.id }],
          duration: { interval: 'month', interval_count: 1 },
          proration_behavior: 'none',
        },
        { items: [{ price: basic.id, quantity: 2 }], proration_behavior: 'none' },
      ],
    });
    expect((await stripe.subscriptions.retrieve(id)).metadata).toEqual({
      plan: 'pro',
      seats: 'many',
      kept: 'yes',
    });
    await advanceTo(stripe, clock, '2027-05-02');
    const { metadata, discounts } = await stripe.subscriptions.retrieve(id);
    expect(metadata).toEqual({ plan: 'basic', kept: 'yes' });
    expect(discounts).toHaveLength(1);
    await advanceTo(stripe, clock, '2027-06-02');

    // 20.00; 10.00 less a half; two at 10.00 without a discount.
    expect(await totals(id)).toEqual([2000, 500, 2000]);
  });

  it('alone may end a subscription that it leads', async () => {
    const { id, schedule } = await downgradeAtPeriodEnd();

    await expect(stripe.subscriptions.update(id, { cancel_at_period_end: true })).rejects.toMatchObject({
      message: expect.stringContaining(`managed by the subscription schedule \`${schedule}\``),
    });
  });

  it('can be previewed as it is, as it would be changed, and before it is made', async () => {
    const { id, schedule } = await downgradeAtPeriodEnd();
    const asItIs = await stripe.invoices.createPreview({ schedule });
    const { phases } = await stripe.subscriptionSchedules.retrieve(schedule);
    const changed = await stripe.invoices.createPreview({
      schedule,
      schedule_details: {
        phases: [
          {
            items: [{ price: pro.id, quantity: 1 }],
            start_date: phases[0]?.start_date ?? 0,
            end_date: phases[0]?.end_date ?? 0,
          },
          { items: [{ price: basic.id, quantity: 3 }], proration_behavior: 'none' },
        ],
      },
    });
    const { customer } = await customerOnClock(stripe, '2027-04-01');
    const start = seconds('2027-04-15');
    const planned = await stripe.invoices.createPreview({
      customer,
      schedule_details: { phases: [{ items: [{ price: pro.id, quantity: 2 }], start_date: start }] },
    });

    expect([asItIs.total, changed.total, planned.total]).toEqual([1000, 3000, 4000]);
    expect((await stripe.subscriptions.retrieve(id)).items.data[0]?.price.id).toBe(pro.id);
  });
});
