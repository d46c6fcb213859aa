import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startYear, type Year } from '../../fixtures/year.ts';

let year: Year;
beforeAll(async () => {
  year = await startYear();
});
afterAll(() => year.close());

describe('a cancellation', () => {
  it('at the end of the period keeps access until then, and can be taken back', async () => {
    const { post, get, customer, subscribe, day, check, at, invoiced, monthly } = await year.begin();
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'pro', interval: 'month' });
    await day(5);
    const canceled = await post(`subscriptions/${id}/cancel`, { reason: 'too_expensive' });
    expect(canceled).toMatchObject({ status: 'active', cancel_at: at(30).toISOString() });

    const kept = await post(`subscriptions/${id}/resume`);
    expect(kept).toMatchObject({ status: 'active', cancel_at: null, canceled_at: null });
    await post(`subscriptions/${id}/cancel`, {});
    await day(29);

    expect(await check(ada, 'exports')).toMatchObject({ allowed: true });
    expect(await monthly()).toEqual({ usd: 9_000 });
    await day(30, 2);
    expect(await get(`subscriptions/${id}`)).toMatchObject({ status: 'canceled' });
    expect(await check(ada, 'exports')).toMatchObject({ allowed: false, reason: 'not_entitled' });
    expect(await monthly()).toEqual({});
    expect(await invoiced(ada)).toEqual([[9_000, 9_000, 'paid']]);
  });

  it('now gives nothing back, a credit or the money, as it is asked for', async () => {
    const { tenant, post, customer, subscribe, day, invoiced, check, get } = await year.begin();
    const { stripe, account } = await year.stack.stripeOf(tenant);
    const wishes = ['none', 'credit', 'refund'] as const;
    const ids = [];
    for (const refund of wishes) {
      await customer(refund);
      ids.push((await subscribe(refund, { plan: 'starter', interval: 'month' })).id);
    }
    await day(20);

    for (const [index, refund] of wishes.entries()) {
      const canceled = await post(`subscriptions/${ids[index]}/cancel`, { when: 'now', refund });
      expect(canceled).toMatchObject({ status: 'canceled', ended_at: expect.any(String) });
      expect(await check(refund, 'calls')).toMatchObject({ allowed: false });
    }

    // 10 of 30 days of 3,000 are unused: 1,000.
    expect(await invoiced('none')).toEqual([[3_000, 3_000, 'paid']]);
    expect(await invoiced('credit')).toEqual([
      [3_000, 3_000, 'paid'],
      [-1_000, 0, 'paid'],
    ]);
    const refunded = async (customerId: string) => {
      const { stripe_customer_id: id } = await get(`customers/${customerId}`);
      const charges = await stripe.charges.list({ customer: id }, { stripeAccount: account });
      return charges.data.map(({ amount_refunded: amount }) => amount);
    };
    expect(await refunded('none')).toEqual([0]);
    expect(await refunded('credit')).toEqual([0]);
    expect(await refunded('refund')).toEqual([1_000]);
  });

  it('now charges what was used and is not billed yet, whatever becomes of what was paid', async () => {
    const { tenant, post, customer, subscribe, day, invoiced, get } = await year.begin();
    const { stripe, account } = await year.stack.stripeOf(tenant);
    await post('plans', {
      key: 'metered',
      name: 'Metered',
      rank: 4,
      prices: [
        { amount: 3_000, currency: 'usd', interval: 'month' },
        { type: 'per_unit', unit_amount: '2', currency: 'usd', interval: 'month', feature: 'calls' },
      ],
      features: [{ feature: 'calls', limit: 100, overage: 'allow' }],
    });
    const wishes = ['none', 'credit', 'refund', 'unused'] as const;
    const ids = new Map<string, string>();
    for (const wish of wishes) {
      await customer(wish);
      ids.set(wish, String((await subscribe(wish, { plan: 'metered' })).id));
    }
    await day(20);
    const use = (who: string, value: number) =>
      post('usage/track', { idempotency_key: `${who} ${value}`, customer: who, meter: 'calls', value });
    for (const wish of ['none', 'credit', 'refund']) {
      await use(wish, 50);
    }
    // Sooner than it is told to Stripe by itself.
    await year.stack.moveTo(new Date(year.stack.now().getTime() + 10_000));

    for (const wish of wishes) {
      const refund = wish === 'unused' ? 'none' : wish;
      await post(`subscriptions/${ids.get(wish)}/cancel`, { when: 'now', refund });
    }
    await year.stack.settle();

    // 50 × 2. Of 3,000 for 30 days 10 days are unused: 1,000.
    expect(await invoiced('none')).toEqual([
      [3_000, 3_000, 'paid'],
      [100, 100, 'paid'],
    ]);
    expect(await invoiced('credit')).toEqual([
      [3_000, 3_000, 'paid'],
      [-900, 0, 'paid'],
    ]);
    expect(await invoiced('refund')).toEqual([
      [3_000, 3_000, 'paid'],
      [100, 100, 'paid'],
    ]);
    const { stripe_customer_id: refunded } = await get('customers/refund');
    const charges = await stripe.charges.list({ customer: refunded }, { stripeAccount: account });
    expect(charges.data.map(({ amount, amount_refunded: back }) => [amount, back])).toEqual([
      [100, 0],
      [3_000, 1_000],
    ]);
    // Who used nothing gets no invoice over nothing.
    expect(await invoiced('unused')).toEqual([[3_000, 3_000, 'paid']]);

    // What is reported after that is of a time that nobody is invoiced for any more.
    await use('none', 7);
    await day(62, 3);
    expect(await invoiced('none')).toHaveLength(2);
  });

  it('now charges nobody for what was used in a trial, or while it is paused', async () => {
    const { post, customer, subscribe, day, invoiced } = await year.begin();
    const plan = (key: string, trial: object) => ({
      key,
      name: key,
      rank: 4,
      group: key,
      prices: [
        { amount: 3_000, currency: 'usd', interval: 'month' },
        { type: 'per_unit', unit_amount: '2', currency: 'usd', interval: 'month', feature: 'calls' },
      ],
      features: [{ feature: 'calls', limit: 100, overage: 'allow' }],
      ...trial,
    });
    await post('plans', plan('tried', { trial: { days: 14, requires_card: true, end: 'cancel' } }));
    await post('plans', plan('paused', {}));
    const ids = new Map<string, string>();
    for (const who of ['tried', 'paused']) {
      await customer(who);
      ids.set(who, String((await subscribe(who, { plan: who })).id));
      await post('usage/track', { idempotency_key: who, customer: who, meter: 'calls', value: 50 });
    }
    await day(5);
    await post(`subscriptions/${ids.get('paused')}/pause`, {});

    for (const id of ids.values()) {
      await post(`subscriptions/${id}/cancel`, { when: 'now' });
    }
    await year.stack.settle();

    expect(await invoiced('tried')).toEqual([[0, 0, 'paid']]);
    expect(await invoiced('paused')).toEqual([[3_000, 3_000, 'paid']]);
  });

  it('of what has ended is refused, saying what to do', async () => {
    const { refused, post, customer, subscribe } = await year.begin();
    const { id } = await subscribe(await customer('ada'), { plan: 'starter', interval: 'month' });
    await post(`subscriptions/${id}/cancel`, { when: 'now' });

    expect(await refused(`subscriptions/${id}/cancel`, {})).toMatchObject({ code: 'subscription_ended' });
    expect(await refused(`subscriptions/${id}/change`, { plan: 'pro' })).toMatchObject({
      code: 'subscription_ended',
    });
    expect(await refused(`subscriptions/${id}/pause`, {})).toMatchObject({ code: 'subscription_ended' });
  });
});

describe('a pause', () => {
  it('charges nothing and lets nothing be used until it is resumed', async () => {
    const { post, get, customer, subscribe, day, check, invoiced, monthly } = await year.begin();
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'pro', interval: 'month' });
    await day(10);
    const paused = await post(`subscriptions/${id}/pause`, {});
    expect(paused).toMatchObject({ status: 'paused', paused_at: expect.any(String), resumes_at: null });
    expect(await check(ada, 'exports')).toMatchObject({ allowed: false, reason: 'subscription_paused' });
    expect(await monthly()).toEqual({});

    await day(40);
    expect(await invoiced(ada)).toEqual([
      [9_000, 9_000, 'paid'],
      [9_000, 0, 'void'],
    ]);
    const resumed = await post(`subscriptions/${id}/resume`);

    expect(resumed).toMatchObject({ status: 'active', paused_at: null });
    expect(await check(ada, 'exports')).toMatchObject({ allowed: true });
    await day(61, 2);
    expect((await invoiced(ada)).at(-1)).toEqual([9_000, 9_000, 'paid']);
    expect(await get(`subscriptions/${id}`)).toMatchObject({ status: 'active' });
  });

  it('ends by itself at its date', async () => {
    const { post, get, customer, subscribe, day, at, check } = await year.begin();
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'pro', interval: 'month' });
    await post(`subscriptions/${id}/pause`, { resumes_at: at(12).toISOString() });
    await day(11);
    expect(await get(`subscriptions/${id}`)).toMatchObject({ status: 'paused' });

    await day(12, 1);

    expect(await get(`subscriptions/${id}`)).toMatchObject({ status: 'active', resumes_at: null });
    expect(await check(ada, 'exports')).toMatchObject({ allowed: true });
  });
});

describe('a trial', () => {
  it('with a card charges nothing, grants all, and is charged when it ends', async () => {
    const { post, get, customer, subscribe, day, check, invoiced, monthly, at } = await year.begin();
    await post('plans', trialPlan({ days: 14, requires_card: true, end: 'cancel' }));
    const ada = await customer('ada');

    const { id, status, trial_end: end } = await subscribe(ada, { plan: 'trial_plan' });

    expect([status, end]).toEqual(['trialing', at(14).toISOString()]);
    expect(await check(ada, 'exports')).toMatchObject({ allowed: true });
    expect(await monthly()).toEqual({});
    await day(14, 2);
    expect(await get(`subscriptions/${id}`)).toMatchObject({ status: 'active' });
    expect(await monthly()).toEqual({ usd: 2_000 });
    expect(await invoiced(ada)).toEqual([
      [0, 0, 'paid'],
      [2_000, 2_000, 'paid'],
    ]);
  });

  it('is had once in a group of plans, whatever became of it', async () => {
    const { post, refused, customer, subscribe, invoiced } = await year.begin();
    await post('plans', trialPlan({ days: 14, requires_card: true, end: 'cancel' }));
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'trial_plan' });
    await post(`subscriptions/${id}/cancel`, { when: 'now' });

    const error = await refused('subscriptions', { customer: ada, plan: 'trial_plan', trial: true });
    expect(error).toMatchObject({ code: 'trial_used', param: 'trial' });
    const second = await subscribe(ada, { plan: 'trial_plan' });

    expect(second).toMatchObject({ status: 'active', trial_end: null });
    expect((await invoiced(ada)).at(-1)).toEqual([2_000, 2_000, 'paid']);
  });

  it('without a card needs none, and ends as the plan says', async () => {
    const { post, get, day, check } = await year.begin();
    await post('plans', trialPlan({ days: 7, requires_card: false, end: 'cancel' }));
    await post('plans', {
      ...trialPlan({ days: 7, requires_card: false, end: 'pause' }),
      key: 'pauses',
      group: 'b',
    });
    await post('customers', { external_id: 'ada', email: 'ada@example.com' });
    const canceled = await post('subscriptions', { customer: 'ada', plan: 'trial_plan' });
    const paused = await post('subscriptions', { customer: 'ada', plan: 'pauses' });
    expect(await check('ada', 'exports')).toMatchObject({ allowed: true });

    await day(7, 2);

    expect(await get(`subscriptions/${canceled.id}`)).toMatchObject({ status: 'canceled' });
    expect(await get(`subscriptions/${paused.id}`)).toMatchObject({ status: 'paused' });
    expect(await check('ada', 'exports')).toMatchObject({ allowed: false });
  });

  it('that needs a card is refused without one, saying where it can be given', async () => {
    const { post, refused } = await year.begin();
    await post('plans', trialPlan({ days: 7, requires_card: true, end: 'cancel' }));
    await post('customers', { external_id: 'ada' });

    const error = await refused('subscriptions', { customer: 'ada', plan: 'trial_plan' });

    expect(error).toMatchObject({ code: 'payment_method_needed', param: 'payment_method' });
    expect(error.message).toMatch(/checkout/);
  });

  it('is extended to a date, and ended now for money', async () => {
    const { post, customer, subscribe, day, invoiced, at, get } = await year.begin();
    await post('plans', trialPlan({ days: 14, requires_card: true, end: 'cancel' }));
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'trial_plan' });

    const extended = await post(`subscriptions/${id}/extend-trial`, { trial_end: at(20).toISOString() });
    expect(extended).toMatchObject({ status: 'trialing', trial_end: at(20).toISOString() });
    await day(15);
    expect(await get(`subscriptions/${id}`)).toMatchObject({ status: 'trialing' });
    const ended = await post(`subscriptions/${id}/end-trial`);

    expect(ended).toMatchObject({ status: 'active', current_period_start: at(15).toISOString() });
    expect((await invoiced(ada)).at(-1)).toEqual([2_000, 2_000, 'paid']);
  });
});

function trialPlan(trial: { days: number; requires_card: boolean; end: 'cancel' | 'pause' }) {
  return {
    key: 'trial_plan',
    name: 'With a trial',
    rank: 2,
    prices: [{ amount: 2_000, currency: 'usd', interval: 'month' }],
    features: [{ feature: 'exports' }],
    trial,
  };
}
