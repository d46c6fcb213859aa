import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startYear, type Year } from '../../fixtures/year.ts';

let year: Year;
beforeAll(async () => {
  year = await startYear();
});
afterAll(() => year.close());

describe('a coupon', () => {
  it('of a percentage for ever lowers every invoice and the monthly revenue', async () => {
    const { post, customer, subscribe, invoiced, day, get, monthly } = await year.begin();
    await post('coupons', { key: 'FRIENDS', name: 'Friends', percent_off: 25, duration: 'forever' });
    const ada = await customer('ada');

    const { id } = await subscribe(ada, { plan: 'pro', interval: 'month', coupon: 'friends' });

    expect((await get(`subscriptions/${id}`)).discounts).toMatchObject([
      { coupon: 'FRIENDS', percent_off: 25, duration: 'forever', ends_at: null },
    ]);
    await day(30, 2);
    // 9,000 less a quarter.
    expect(await invoiced(ada)).toEqual([
      [6_750, 6_750, 'paid'],
      [6_750, 6_750, 'paid'],
    ]);
    expect(await monthly()).toEqual({ usd: 6_750 });
  });

  it('of an amount lowers one invoice', async () => {
    const { post, customer, subscribe, invoiced, day, get, monthly } = await year.begin();
    await post('coupons', {
      key: 'WELCOME',
      name: 'Welcome',
      amount_off: 500,
      currency: 'usd',
      duration: 'once',
    });
    const ada = await customer('ada');

    const { id } = await subscribe(ada, { plan: 'starter', interval: 'month', coupon: 'WELCOME' });

    await day(30, 2);
    expect(await invoiced(ada)).toEqual([
      [2_500, 2_500, 'paid'],
      [3_000, 3_000, 'paid'],
    ]);
    expect((await get(`subscriptions/${id}`)).discounts).toEqual([]);
    expect(await monthly()).toEqual({ usd: 3_000 });
  });

  it('for two months lowers two', async () => {
    const { post, customer, subscribe, invoiced, day } = await year.begin();
    await post('coupons', {
      key: 'TWO',
      name: 'Two months',
      percent_off: 50,
      duration: 'repeating',
      duration_months: 2,
    });
    const ada = await customer('ada');

    await subscribe(ada, { plan: 'starter', interval: 'month', coupon: 'TWO' });

    await day(30, 2);
    await day(61, 2);
    expect((await invoiced(ada)).map(([total]) => total)).toEqual([1_500, 1_500, 3_000]);
  });

  it('is put on a running subscription, exchanged and taken away', async () => {
    const { post, customer, subscribe, invoiced, day, get } = await year.begin();
    await post('coupons', { key: 'TEN', name: 'Ten', percent_off: 10, duration: 'forever' });
    await post('coupons', { key: 'HALF', name: 'Half', percent_off: 50, duration: 'forever' });
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'starter', interval: 'month' });
    await post(`subscriptions/${id}/change`, { coupon: 'TEN' });
    const changed = await post(`subscriptions/${id}/change`, { coupon: 'HALF' });
    expect(changed.discounts).toMatchObject([{ coupon: 'HALF' }]);

    await day(30, 2);
    await post(`subscriptions/${id}/change`, { coupon: null });

    expect((await get(`subscriptions/${id}`)).discounts).toEqual([]);
    await day(61, 2);
    expect((await invoiced(ada)).map(([total]) => total)).toEqual([3_000, 1_500, 3_000]);
  });

  it('is carried through an upgrade, in the preview as in the charge', async () => {
    const { post, customer, subscribe, invoiced, day } = await year.begin();
    await post('coupons', { key: 'TEN', name: 'Ten', percent_off: 10, duration: 'forever' });
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'starter', interval: 'month', coupon: 'TEN' });
    await day(15);

    const preview = await post(`subscriptions/${id}/preview-change`, { plan: 'pro' });
    await post(`subscriptions/${id}/change`, { plan: 'pro', proration_at: preview.proration_at });

    // 15 days of 300 less 15 of 100 are 3,000; less a tenth of the new 4,500 and of the old 1,500.
    expect(preview.due_now.amount_due.amount).toBe(2_700);
    expect(await invoiced(ada)).toEqual([
      [2_700, 2_700, 'paid'],
      [2_700, 2_700, 'paid'],
    ]);
  });

  it('stays through a downgrade at the end of the period, or is exchanged by it', async () => {
    const { post, customer, subscribe, invoiced, day } = await year.begin();
    await post('coupons', { key: 'TEN', name: 'Ten', percent_off: 10, duration: 'forever' });
    await post('coupons', { key: 'HALF', name: 'Half', percent_off: 50, duration: 'forever' });
    const [ada, ben] = [await customer('ada'), await customer('ben')];
    const first = await subscribe(ada, { plan: 'pro', interval: 'month', coupon: 'TEN' });
    const second = await subscribe(ben, { plan: 'pro', interval: 'month', coupon: 'TEN' });

    await post(`subscriptions/${first.id}/change`, { plan: 'starter' });
    await post(`subscriptions/${second.id}/change`, { plan: 'starter', coupon: 'HALF' });

    await day(30, 2);
    expect((await invoiced(ada)).map(([total]) => total)).toEqual([8_100, 2_700]);
    expect((await invoiced(ben)).map(([total]) => total)).toEqual([8_100, 1_500]);
  });

  it('that is unknown, archived or expired is refused, and charges nothing', async () => {
    const { post, customer, refused, tenant, day, at } = await year.begin();
    await post('coupons', { key: 'OLD', name: 'Old', percent_off: 10, duration: 'once' });
    await post('coupons/OLD/archive');
    await post('coupons', {
      key: 'SHORT',
      name: 'Short',
      percent_off: 10,
      duration: 'once',
      redeem_by: at(2).toISOString(),
    });
    await customer('ada');
    await day(3);

    const codes = [];
    for (const coupon of ['NONE', 'OLD', 'SHORT']) {
      const error = await refused('subscriptions', {
        customer: 'ada',
        plan: 'pro',
        interval: 'month',
        coupon,
      });
      expect(error.param).toBe('coupon');
      codes.push(error.code);
    }

    expect(codes).toEqual(['coupon_not_found', 'coupon_archived', 'coupon_expired']);
    const { body } = await tenant.asServer('GET', 'subscriptions');
    expect(body['data']).toEqual([]);
  });
});

describe('an add-on', () => {
  const extra = {
    key: 'extra',
    name: 'Extra calls',
    prices: [
      { amount: 600, currency: 'usd', interval: 'month' },
      { amount: 6_000, currency: 'usd', interval: 'year' },
    ],
    features: [{ feature: 'calls', limit: 500 }],
  };

  it('is bought with the plan and adds to its limit', async () => {
    const { post, customer, subscribe, invoiced, check, monthly } = await year.begin();
    await post('add-ons', extra);
    const ada = await customer('ada');

    await subscribe(ada, {
      plan: 'starter',
      interval: 'month',
      add_ons: [{ add_on: 'extra', quantity: 2 }],
    });

    // 3,000 and 2 × 600; 1,000 and 2 × 500 calls.
    expect(await invoiced(ada)).toEqual([[4_200, 4_200, 'paid']]);
    expect(await check(ada, 'calls')).toMatchObject({ limit: 2_000 });
    expect(await monthly()).toEqual({ usd: 4_200 });
  });

  it('is added now, prorated, and taken away at the end of the period', async () => {
    const { post, customer, subscribe, invoiced, check, day, get } = await year.begin();
    await post('add-ons', extra);
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'starter', interval: 'month' });
    await day(15);

    const preview = await post(`subscriptions/${id}/preview-change`, { add_ons: [{ add_on: 'extra' }] });
    expect(preview).toMatchObject({ kind: 'add_ons', when: 'now' });
    await post(`subscriptions/${id}/change`, {
      add_ons: [{ add_on: 'extra' }],
      proration_at: preview.proration_at,
    });
    // Half of 600.
    expect(preview.due_now.total.amount).toBe(300);
    expect((await invoiced(ada)).at(-1)).toEqual([300, 300, 'paid']);
    expect(await check(ada, 'calls')).toMatchObject({ limit: 1_500 });
    const removed = await post(`subscriptions/${id}/change`, { add_ons: [{ add_on: 'extra', quantity: 0 }] });

    expect(removed.scheduled_change).not.toBeNull();
    expect(await check(ada, 'calls')).toMatchObject({ limit: 1_500 });
    await day(30, 2);
    expect(await check(ada, 'calls')).toMatchObject({ limit: 1_000 });
    expect((await get(`subscriptions/${id}`)).items).toHaveLength(1);
    expect((await invoiced(ada)).at(-1)).toEqual([3_000, 3_000, 'paid']);
  });

  it('stays through an upgrade and a switch of the interval, at its price there', async () => {
    const { post, customer, subscribe, invoiced, check, day } = await year.begin();
    await post('add-ons', extra);
    const ada = await customer('ada');
    const { id } = await subscribe(ada, {
      plan: 'starter',
      interval: 'month',
      add_ons: [{ add_on: 'extra' }],
    });
    await day(15);

    await post(`subscriptions/${id}/change`, { plan: 'pro', interval: 'year' });

    // 90,000 + 6,000 for the year, less half of 3,600.
    expect((await invoiced(ada)).at(-1)).toEqual([94_200, 94_200, 'paid']);
    expect(await check(ada, 'calls')).toMatchObject({ limit: 10_500 });
  });

  it('is no plan, and a plan is no add-on', async () => {
    const { post, refused, customer } = await year.begin();
    await post('add-ons', extra);
    await customer('ada');

    expect(
      await refused('subscriptions', { customer: 'ada', plan: 'extra', interval: 'month' }),
    ).toMatchObject({
      code: 'not_a_base_plan',
    });
    expect(
      await refused('subscriptions', {
        customer: 'ada',
        plan: 'starter',
        interval: 'month',
        add_ons: [{ add_on: 'pro' }],
      }),
    ).toMatchObject({ code: 'not_an_add_on', param: 'add_ons.0.add_on' });
  });
});

describe('a customer’s own price', () => {
  it('is charged instead of the list price, and kept when it ends for new sales', async () => {
    const { post, get, customer, subscribe, invoiced, day, monthly } = await year.begin();
    const plan = await get('plans/pro');
    const monthlyPrice = plan.prices.find(({ interval }: { interval: string }) => interval === 'month');
    const [ada, ben] = [await customer('ada'), await customer('ben')];
    const own = await post('customers/ada/prices', { price: monthlyPrice.id, amount: 7_000 });

    await subscribe(ada, { plan: 'pro', interval: 'month' });
    await subscribe(ben, { plan: 'pro', interval: 'month' });
    await post(`customers/ada/prices/${own.id}`, undefined, 'DELETE');

    await day(30, 2);
    expect((await invoiced(ada)).map(([total]) => total)).toEqual([7_000, 7_000]);
    expect((await invoiced(ben)).map(([total]) => total)).toEqual([9_000, 9_000]);
    expect(await monthly()).toEqual({ usd: 16_000 });
  });
});

describe('a new version of a plan', () => {
  it('is for who buys from now on; subscribers move when they are moved', async () => {
    const { tenant, post, get, customer, subscribe, invoiced, day } = await year.begin();
    const [ada, ben] = [await customer('ada'), await customer('ben')];
    const first = await subscribe(ada, { plan: 'starter', interval: 'month' });
    await post(
      'plans/starter/draft',
      {
        prices: [{ amount: 4_000, currency: 'usd', interval: 'month' }],
        features: [{ feature: 'calls', limit: 2_000 }],
      },
      'PUT',
    );
    await post('plans/starter/publish');
    const second = await subscribe(ben, { plan: 'starter', interval: 'month' });

    expect(second.plan_version_id).not.toBe(first.plan_version_id);
    const affected = (await tenant.asOwner('GET', 'plans/starter/affected')).body;
    expect(affected['versions']).toMatchObject([
      { number: 2, is_newest: true, running: 1, monthly: [{ amount: 4_000 }] },
      { number: 1, is_newest: false, running: 1, monthly: [{ amount: 3_000 }] },
    ]);
    const preview = (await tenant.asOwner('POST', 'plans/starter/preview-migration', {})).body;
    expect(preview).toMatchObject({
      subscriptions: 1,
      monthly_before: [{ amount: 3_000 }],
      monthly_after: [{ amount: 4_000 }],
      not_offered: 0,
    });
    const started = (await tenant.asOwner('POST', 'plans/starter/migrations', {})).body;
    await year.stack.settle();
    expect((await tenant.asOwner('GET', `plan-migrations/${started['id']}`)).body).toMatchObject({
      pending: 0,
      done: 1,
      failed: 0,
      finished_at: expect.any(String),
    });

    await day(30, 2);
    expect((await invoiced(ada)).map(([total]) => total)).toEqual([3_000, 4_000]);
    expect(await get(`subscriptions/${first.id}`)).toMatchObject({ plan_version_id: second.plan_version_id });
  });

  it('leaves those it has no price for where they are, and says why', async () => {
    const { tenant, post, customer, subscribe, get } = await year.begin();
    const { id, plan_version_id: version } = await subscribe(await customer('ada'), {
      plan: 'starter',
      interval: 'year',
    });
    await post(
      'plans/starter/draft',
      { prices: [{ amount: 4_000, currency: 'usd', interval: 'month' }] },
      'PUT',
    );
    await post('plans/starter/publish');

    const started = (await tenant.asOwner('POST', 'plans/starter/migrations', {})).body;
    await year.stack.settle();

    const migration = (await tenant.asOwner('GET', `plan-migrations/${started['id']}`)).body;
    expect(migration).toMatchObject({ done: 0, failed: 1 });
    expect(migration['failures'][0].error).toMatch(/usd every month/);
    expect(await get(`subscriptions/${id}`)).toMatchObject({
      plan_version_id: version,
      scheduled_change: null,
    });
  });
});
