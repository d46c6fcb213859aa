import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Story, startYear, type Year } from '../../fixtures/year.ts';

let year: Year;
beforeAll(async () => {
  year = await startYear();
});
afterEach(() => year.stack.emulator.resumeWebhooks());
afterAll(() => year.close());

/** $30 a month after 14 days of trial, $0.02 a call, 1,000 calls at most; and what is no sum. */
async function sell({ post }: Story, calls: object = {}): Promise<void> {
  await post('features', { key: 'seats', name: 'Seats', type: 'metered', aggregation: 'max' });
  await post('features', {
    key: 'people',
    name: 'People',
    type: 'metered',
    aggregation: 'unique',
    property: 'person',
  });
  await post('features', { key: 'storage', name: 'Storage', type: 'metered', aggregation: 'latest' });
  await post('plans', {
    key: 'trial_plan',
    name: 'With a trial',
    rank: 4,
    trial: { days: 14, requires_card: true, end: 'cancel' },
    prices: [
      { amount: 3_000, currency: 'usd', interval: 'month' },
      { type: 'per_unit', unit_amount: '2', currency: 'usd', interval: 'month', feature: 'calls' },
      { type: 'per_unit', unit_amount: '100', currency: 'usd', interval: 'month', feature: 'seats' },
    ],
    features: [
      { feature: 'calls', limit: 1_000, ...calls },
      { feature: 'seats', limit: 10 },
      { feature: 'people', limit: 4 },
      { feature: 'storage', limit: 100 },
    ],
  });
}

/** Ada on trial, who used 300 calls on day three. The subscription's id. */
async function trying(story: Story, calls?: object): Promise<string> {
  await sell(story, calls);
  await story.customer('ada');
  const { id } = await story.subscribe('ada', { plan: 'trial_plan' });
  await story.day(3);
  await use(story, 'calls', 300);
  expect(await story.check('ada', 'calls')).toMatchObject({ used: 300, remaining: 700 });
  return id;
}

let events = 0;
const use = ({ post }: Story, meter: string, value: number, more: object = {}) =>
  post('usage/track', {
    idempotency_key: `trial-usage-${++events}`,
    customer: 'ada',
    meter,
    value,
    ...more,
  });
const consume = ({ post }: Story, quantity: number) =>
  post('entitlements/consume', {
    idempotency_key: `trial-usage-${++events}`,
    customer: 'ada',
    feature: 'calls',
    quantity,
  });
const entitlementTo = async ({ get }: Story, feature: string) =>
  (await get('customers/ada/entitlements')).features.find(
    (one: { feature: string }) => one.feature === feature,
  );
const setReset = ({ tenant }: Story, reset: boolean) =>
  tenant.asOwner('PATCH', 'subscription-settings', { reset_usage_after_trial: reset });

describe('what is used in a trial', () => {
  it('counts against the limit of the first paid period, to the unit, and is on no invoice', async () => {
    const story = await year.begin();
    const id = await trying(story);

    await story.day(14, 2);
    expect(await story.check('ada', 'calls')).toMatchObject({
      allowed: true,
      used: 300,
      limit: 1_000,
      remaining: 700,
      resets_at: story.at(44).toISOString(),
    });
    expect(await consume(story, 701)).toMatchObject({
      allowed: false,
      reason: 'limit_reached',
      remaining: 700,
    });
    const hold = { customer: 'ada', feature: 'calls', quantity: 200 };
    const held = await story.post('entitlements/reservations', hold);
    expect(await consume(story, 501)).toMatchObject({ allowed: false });
    await story.post(`entitlements/reservations/${held.reservation_id}/release`, {});
    expect(await consume(story, 700)).toMatchObject({ allowed: true, used: 1_000, remaining: 0 });
    expect(await consume(story, 1)).toMatchObject({ allowed: false, reason: 'limit_reached' });
    expect(await entitlementTo(story, 'calls')).toMatchObject({
      allowed: false,
      used: 1_000,
      carried: 300,
      remaining: 0,
      allowed_up_to: 1_000,
    });

    // 700 × 2 and the month. The total that is billed and compared is that of the period alone.
    expect((await story.get(`subscriptions/${id}/estimate`)).total.amount).toBe(4_400);
    const { data: totals } = await story.get('usage?customer=ada&meter=calls');
    expect(totals.map(({ value }: { value: number }) => value)).toEqual([700, 300]);
    await story.day(15);
    await story.day(44, 3);
    expect(await story.invoiced('ada')).toEqual([
      [0, 0, 'paid'],
      [3_000, 3_000, 'paid'],
      [4_400, 4_400, 'paid'],
    ]);
    expect(await story.check('ada', 'calls')).toMatchObject({ used: 0, remaining: 1_000 });
    expect(await entitlementTo(story, 'calls')).toMatchObject({ used: 0, carried: 0 });
  });

  it('counts on from the first second, before Stripe has said that the trial is over', async () => {
    const story = await year.begin();
    await trying(story);

    year.stack.emulator.pauseWebhooks();
    year.stack.setTime(new Date(story.at(14).getTime() - 1));
    expect(await story.check('ada', 'calls')).toMatchObject({ used: 300, remaining: 700 });
    year.stack.setTime(story.at(14));

    expect(await story.check('ada', 'calls')).toMatchObject({ used: 300, remaining: 700 });
    expect(await consume(story, 701)).toMatchObject({ allowed: false, reason: 'limit_reached' });
    year.stack.emulator.resumeWebhooks();
    await story.day(14, 1);
  });

  it('counts in no later period when it is reported within the grace, but on in the first paid one', async () => {
    const story = await year.begin();
    await trying(story);
    await story.day(14);
    await consume(story, 100);
    await year.stack.moveTo(new Date(story.at(14).getTime() + 30 * 60_000));

    const occurred = new Date(story.at(14).getTime() - 60_000).toISOString();
    expect(await use(story, 'calls', 50, { occurred_at: occurred })).toMatchObject({ status: 'accepted' });

    expect(await consume(story, 551)).toMatchObject({ allowed: false, used: 450, remaining: 550 });
    expect(await entitlementTo(story, 'calls')).toMatchObject({ used: 450, carried: 350 });
  });

  it('counts in the trial only where the settings say so, for periods that run, too', async () => {
    const story = await year.begin();
    const saved = await setReset(story, true);
    expect(saved.body).toMatchObject({ reset_usage_on_upgrade: false, reset_usage_after_trial: true });
    await trying(story);

    await story.day(14, 2);
    expect(await story.check('ada', 'calls')).toMatchObject({ used: 0, remaining: 1_000 });
    await setReset(story, false);
    expect(await entitlementTo(story, 'calls')).toMatchObject({ used: 300, carried: 300, remaining: 700 });
    expect(await consume(story, 701)).toMatchObject({ allowed: false });
  });

  it('counts on when the trial is ended early, or its end is moved', async () => {
    const story = await year.begin();
    const id = await trying(story);

    await story.day(10);
    await story.post(`subscriptions/${id}/extend-trial`, { trial_end: story.at(20).toISOString() });
    expect(await story.check('ada', 'calls')).toMatchObject({ used: 300, remaining: 700 });
    await use(story, 'calls', 50);
    await story.post(`subscriptions/${id}/extend-trial`, { trial_end: story.at(18).toISOString() });
    expect(await story.check('ada', 'calls')).toMatchObject({ used: 350, remaining: 650 });
    await story.day(15);
    await use(story, 'calls', 5);
    await year.stack.moveTo(new Date(story.at(15).getTime() + 37_000));
    await story.post(`subscriptions/${id}/end-trial`);

    expect(await story.check('ada', 'calls')).toMatchObject({ used: 355, remaining: 645 });
    await consume(story, 10);
    await story.day(16);
    await story.day(45, 3);
    // 10 × 2 and the month.
    expect(await story.invoiced('ada')).toEqual([
      [0, 0, 'paid'],
      [3_000, 3_000, 'paid'],
      [3_020, 3_020, 'paid'],
    ]);
    expect(await story.check('ada', 'calls')).toMatchObject({ used: 0 });
  });

  it('does not count where nothing is paid for after it', async () => {
    const story = await year.begin();
    await story.post('plans', {
      key: 'free',
      name: 'Free',
      features: [{ feature: 'calls', limit: 100 }],
    });
    await story.post('default-plan', { plan: 'free' }, 'PATCH');
    const id = await trying(story);
    await story.post(`subscriptions/${id}/cancel`, { when: 'period_end' });

    await story.day(14, 2);

    expect(await story.check('ada', 'calls')).toMatchObject({ allowed: true, used: 0, limit: 100 });
  });

  it('of the highest, distinct and latest values makes one with those of the first paid period', async () => {
    const story = await year.begin();
    await trying(story);
    await use(story, 'seats', 8);
    for (const person of ['ann', 'ben', 'cem']) await use(story, 'people', 1, { properties: { person } });
    await use(story, 'storage', 90);
    await story.day(14, 2);

    expect(await story.check('ada', 'seats')).toMatchObject({ used: 8, remaining: 2 });
    expect(await story.check('ada', 'people')).toMatchObject({ used: 3, remaining: 1 });
    expect(await story.check('ada', 'storage')).toMatchObject({ used: 90, remaining: 10 });
    await use(story, 'seats', 5);
    await use(story, 'people', 1, { properties: { person: 'ben' } });
    await use(story, 'storage', 20);
    expect(await story.check('ada', 'seats')).toMatchObject({ used: 8, remaining: 2 });
    expect(await story.check('ada', 'people')).toMatchObject({ used: 3, remaining: 1 });
    expect(await story.check('ada', 'storage')).toMatchObject({ used: 20, remaining: 80 });
    await use(story, 'seats', 9);
    await use(story, 'people', 1, { properties: { person: 'dan' } });
    expect(await story.check('ada', 'seats')).toMatchObject({ used: 9, remaining: 1 });
    // Who keeps a copy asks for what is no sum.
    expect(await entitlementTo(story, 'people')).toMatchObject({ used: 4, carried: 2, allowed_up_to: 0 });

    await story.day(15);
    await story.day(44, 3);
    // Nine seats at 100.
    expect((await story.invoiced('ada')).at(-1)).toEqual([3_900, 3_900, 'paid']);
    expect(await story.check('ada', 'people')).toMatchObject({ used: 0 });
  });

  it('takes nothing of a cap within a window', async () => {
    const story = await year.begin();
    await trying(story, { caps: [{ interval: 'month', quantity: 400 }] });
    await story.day(30, 2);

    // The trial was in April: of the cap of May all is left, of the limit 700.
    expect(await consume(story, 401)).toMatchObject({ allowed: false, reason: 'usage_cap' });
    expect(await consume(story, 400)).toMatchObject({ allowed: true, remaining: 300 });
    expect(await entitlementTo(story, 'calls')).toMatchObject({
      allowed: false,
      reason: 'usage_cap',
      used: 700,
    });
  });

  it('is what credits need not pay for again', async () => {
    const story = await year.begin();
    await story.post('features/calls', { credit_cost: 1 }, 'PATCH');
    await trying(story);
    await story.post('customers/external:ada/credits/grants', { quantity: 500 });
    await consume(story, 800);
    const balance = async () => (await story.get('customers/external:ada/credits')).balance;
    // 1,100 in the trial: 1,000 of the limit and 100 of the credits.
    expect(await balance()).toBe(400);

    await story.day(14, 2);
    expect(await story.check('ada', 'calls')).toMatchObject({ used: 1_000, remaining: 400 });
    expect(await consume(story, 401)).toMatchObject({ allowed: false });
    expect(await consume(story, 150)).toMatchObject({ allowed: true, used: 1_150, remaining: 250 });
    expect(await balance()).toBe(250);
  });
});

describe('what is used in a trial costs nothing', () => {
  it('however late it is reported, and counts on', async () => {
    const story = await year.begin();
    await trying(story);
    const late = (value: number) => use(story, 'calls', value, { occurred_at: story.at(13).toISOString() });
    await story.day(14, 3);

    // The grace is over. Without and with something to look at, and as a correction.
    expect(await late(50)).toMatchObject({ status: 'accepted', late: false });
    await story.post('customers/external:ada/credits/grants', { quantity: 1 });
    expect(await late(20)).toMatchObject({ status: 'accepted', late: false });
    const corrected = await story.post('usage/corrections', {
      idempotency_key: 'less',
      customer: 'ada',
      meter: 'calls',
      value: -5,
      reason: 'Counted twice',
      occurred_at: story.at(13).toISOString(),
    });
    expect(corrected).toMatchObject({ late: false });
    expect(await consume(story, 10)).toMatchObject({ used: 375, remaining: 625 });
    expect(await entitlementTo(story, 'calls')).toMatchObject({ used: 375, carried: 365 });

    await story.day(15);
    await story.day(44, 3);
    // The first paid period is billed by now, and this is told all the same.
    await late(30);
    await story.day(45);
    await story.day(75, 3);
    expect(await story.invoiced('ada')).toEqual([
      [0, 0, 'paid'],
      [3_000, 3_000, 'paid'],
      [3_020, 3_020, 'paid'],
      [3_000, 3_000, 'paid'],
    ]);
    const { data: totals } = await story.get('usage?customer=ada&meter=calls');
    expect(totals.map(({ value }: { value: number }) => value)).toEqual([10, 395]);
    expect(await countedByStripe(story)).toBe(405);
  });

  it('also where a trial that was ended early is reported on late', async () => {
    const story = await year.begin();
    const id = await trying(story);
    await year.stack.moveTo(new Date(story.at(10).getTime() + 37_000));
    await story.post(`subscriptions/${id}/end-trial`);
    await story.day(12);

    await use(story, 'calls', 40, { occurred_at: story.at(9).toISOString() });

    expect(await consume(story, 661)).toMatchObject({ allowed: false, used: 340, remaining: 660 });
    await story.day(13);
    await story.day(40, 3);
    expect((await story.invoiced('ada')).at(-1)).toEqual([3_000, 3_000, 'paid']);
  });

  it('is no part of an estimate, and reaches no spend cap', async () => {
    const story = await year.begin();
    const id = await trying(story);
    await story.post('customers/external:ada/spend-cap', { amount: 100, currency: 'usd' }, 'PUT');

    expect(await story.get(`subscriptions/${id}/estimate`)).toMatchObject({
      lines: [],
      total: { amount: 0 },
    });
    expect(await consume(story, 100)).toMatchObject({ allowed: true, used: 400 });

    await story.day(14, 2);
    expect(await consume(story, 51)).toMatchObject({ allowed: false, reason: 'spend_cap' });
    expect(await consume(story, 50)).toMatchObject({ allowed: true, used: 450 });
    expect((await story.get(`subscriptions/${id}/estimate`)).total.amount).toBe(3_100);
  });
});

/** What Stripe's meter counted of calls by then, in all. */
async function countedByStripe({ tenant, get, at }: Story): Promise<number> {
  const { stripe, account } = await year.stack.stripeOf(tenant);
  const meters = await stripe.billing.meters.list({ limit: 100 }, { stripeAccount: account });
  const { stripe_customer_id: customer } = await get('customers/ada');
  const summaries = await stripe.billing.meters.listEventSummaries(
    meters.data.find(({ display_name: name }) => name === 'Calls')?.id ?? '',
    { customer, start_time: at(0).getTime() / 1_000, end_time: at(75).getTime() / 1_000 },
    { stripeAccount: account },
  );
  return summaries.data.reduce((sum, summary) => sum + summary.aggregated_value, 0);
}
