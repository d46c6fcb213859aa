import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startYear, type Year } from '../../fixtures/year.ts';

let year: Year;
beforeAll(async () => {
  year = await startYear();
});
afterAll(() => year.close());

describe('a sale', () => {
  it('whose first payment fails leaves nothing behind', async () => {
    const { tenant, refused, customer, check, monthly } = await year.begin();
    await customer('ada');

    const error = await refused('subscriptions', {
      customer: 'ada',
      plan: 'starter',
      interval: 'month',
      payment_method: 'pm_card_chargeCustomerFail',
    });

    expect(error).toMatchObject({ code: 'payment_failed', param: 'payment_method' });
    expect((await tenant.asServer('GET', 'subscriptions')).body['data']).toEqual([]);
    expect(await check('ada', 'calls')).toMatchObject({ allowed: false, reason: 'not_entitled' });
    expect(await monthly()).toEqual({});
  });

  it('that needs the holder’s consent is refused, and can be made on a page', async () => {
    const { refused, customer, post } = await year.begin();
    await customer('ada');

    const error = await refused('subscriptions', {
      customer: 'ada',
      plan: 'starter',
      interval: 'month',
      payment_method: 'pm_card_authenticationRequired',
    });
    expect(error.code).toBe('payment_failed');

    const page = await post('checkout/sessions', {
      customer: 'ada',
      plan: 'starter',
      interval: 'month',
      success_url: 'http://localhost/yes',
      cancel_url: 'http://localhost/no',
    });
    expect(page.url).toMatch(/^http/);
  });

  it('must name an offer where there are several', async () => {
    const { refused, customer } = await year.begin();
    await customer('ada');

    expect(await refused('subscriptions', { customer: 'ada', plan: 'starter' })).toMatchObject({
      code: 'price_not_chosen',
    });
    expect(
      await refused('subscriptions', { customer: 'ada', plan: 'starter', currency: 'eur' }),
    ).toMatchObject({ code: 'offer_not_found', message: expect.stringContaining('usd every year') });
  });
});

describe('a change', () => {
  it('wished twice at once is one, and charges once', async () => {
    const { tenant, customer, subscribe, day, invoiced } = await year.begin();
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'starter', interval: 'month' });
    await day(15);

    const answers = await Promise.all(
      Array.from({ length: 8 }, () => tenant.asServer('POST', `subscriptions/${id}/change`, { plan: 'pro' })),
    );

    // Who comes after it is done is told that there is nothing to change.
    for (const { status, body } of answers) {
      expect([200, 422], JSON.stringify(body)).toContain(status);
    }
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    expect(await invoiced(ada)).toEqual([
      [3_000, 3_000, 'paid'],
      [3_000, 3_000, 'paid'],
    ]);
  });

  it('wished otherwise at once is one of the two, and charges for one', async () => {
    const { tenant, customer, subscribe, day, invoiced, get } = await year.begin();
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'starter', interval: 'month' });
    await day(15);

    const answers = await Promise.all([
      tenant.asServer('POST', `subscriptions/${id}/change`, { plan: 'pro' }),
      tenant.asServer('POST', `subscriptions/${id}/change`, { plan: 'team', quantity: 1 }),
    ]);

    const done = answers.filter(({ status }) => status === 200).length;
    expect(done).toBeGreaterThanOrEqual(1);
    // Pro: 15 × 200. Team with a seat: 15 days of 6,000 less 15 of 3,000. One after the other: the sum of both steps.
    const charged = (await invoiced(ada)).slice(1).reduce((sum, [total]) => sum + total, 0);
    const { plan } = await get(`subscriptions/${id}`);
    expect([plan.key, charged]).toEqual(plan.key === 'pro' ? ['pro', 3_000] : ['team', 1_500]);
  });

  it('by a preview of more than an hour ago is refused: its amount would not be the charge', async () => {
    const { post, refused, customer, subscribe, day, get } = await year.begin();
    const { id } = await subscribe(await customer('ada'), { plan: 'starter', interval: 'month' });
    await day(10);
    const preview = await post(`subscriptions/${id}/preview-change`, { plan: 'pro' });
    await day(10, 2);

    const error = await refused(`subscriptions/${id}/change`, {
      plan: 'pro',
      proration_at: preview.proration_at,
    });

    expect(error).toMatchObject({ code: 'preview_outdated', param: 'proration_at' });
    expect(await get(`subscriptions/${id}`)).toMatchObject({ plan: { key: 'starter' } });
  });

  it('half an hour after its preview charges what the preview said', async () => {
    const { post, customer, subscribe, day, invoiced } = await year.begin();
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'starter', interval: 'month' });
    await day(10);
    const preview = await post(`subscriptions/${id}/preview-change`, { plan: 'pro' });
    await day(10, 0.5);

    await post(`subscriptions/${id}/change`, { plan: 'pro', proration_at: preview.proration_at });

    expect(preview.due_now.amount_due.amount).toBe(4_000);
    expect((await invoiced(ada)).at(-1)).toEqual([4_000, 4_000, 'paid']);
  });

  it('during a trial charges nothing, keeps the trial and gives the new limits', async () => {
    const { post, customer, subscribe, day, invoiced, check, get, at } = await year.begin();
    await post('plans', {
      key: 'tried',
      name: 'Tried',
      rank: 1,
      prices: [{ amount: 1_000, currency: 'usd', interval: 'month' }],
      features: [{ feature: 'calls', limit: 10 }],
      trial: { days: 14, requires_card: true, end: 'cancel' },
    });
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'tried' });
    await day(5);

    await post(`subscriptions/${id}/change`, { plan: 'pro' });

    expect(await get(`subscriptions/${id}`)).toMatchObject({
      status: 'trialing',
      trial_end: at(14).toISOString(),
      plan: { key: 'pro' },
    });
    expect(await check(ada, 'calls')).toMatchObject({ limit: 10_000 });
    expect((await invoiced(ada)).reduce((sum, [total]) => sum + total, 0)).toBe(0);
    await day(14, 2);
    expect((await invoiced(ada)).at(-1)).toEqual([9_000, 9_000, 'paid']);
  });

  it('to a plan with a trial grants none', async () => {
    const { post, customer, subscribe, day } = await year.begin();
    await post('plans', {
      key: 'tried',
      name: 'Tried',
      rank: 5,
      prices: [{ amount: 12_000, currency: 'usd', interval: 'month' }],
      trial: { days: 14, requires_card: true, end: 'cancel' },
    });
    const { id } = await subscribe(await customer('ada'), { plan: 'starter', interval: 'month' });
    await day(15);

    const changed = await post(`subscriptions/${id}/change`, { plan: 'tried' });

    expect(changed).toMatchObject({ status: 'active', trial_end: null });
  });

  it('that is to come gives way to the end of the subscription', async () => {
    const { post, get, customer, subscribe, day, invoiced, at } = await year.begin();
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'pro', interval: 'month' });
    await post(`subscriptions/${id}/change`, { plan: 'starter' });

    const canceled = await post(`subscriptions/${id}/cancel`, {});

    expect(canceled).toMatchObject({ cancel_at: at(30).toISOString(), scheduled_change: null });
    await day(30, 2);
    expect(await get(`subscriptions/${id}`)).toMatchObject({ status: 'canceled' });
    expect(await invoiced(ada)).toEqual([[9_000, 9_000, 'paid']]);
  });

  it('of nothing, or to another group, is refused', async () => {
    const { post, refused, customer, subscribe } = await year.begin();
    await post('plans', {
      key: 'support',
      name: 'Support',
      group: 'support',
      prices: [{ amount: 500, currency: 'usd', interval: 'month' }],
    });
    const { id } = await subscribe(await customer('ada'), { plan: 'starter', interval: 'month' });

    expect(await refused(`subscriptions/${id}/change`, {})).toMatchObject({ code: 'nothing_to_change' });
    expect(await refused(`subscriptions/${id}/change`, { plan: 'support' })).toMatchObject({
      code: 'plan_in_other_group',
    });
  });

  it('is charged with the next invoice, or not at all, when asked for', async () => {
    const { post, customer, subscribe, day, invoiced, check } = await year.begin();
    const [ada, ben] = [await customer('ada'), await customer('ben')];
    const first = await subscribe(ada, { plan: 'starter', interval: 'month' });
    const second = await subscribe(ben, { plan: 'starter', interval: 'month' });
    await day(15);

    await post(`subscriptions/${first.id}/change`, { plan: 'pro', proration: 'next_invoice' });
    await post(`subscriptions/${second.id}/change`, { plan: 'pro', proration: 'none' });

    expect(await check(ben, 'exports')).toMatchObject({ allowed: true });
    await day(30, 2);
    // 9,000 and 15 × 200 of the month before; 9,000 alone.
    expect((await invoiced(ada)).map(([total]) => total)).toEqual([3_000, 12_000]);
    expect((await invoiced(ben)).map(([total]) => total)).toEqual([3_000, 9_000]);
  });
});

describe('two plans of different groups', () => {
  it('run beside each other, and both grant', async () => {
    const { post, customer, subscribe, check, monthly } = await year.begin();
    await post('plans', {
      key: 'calls_pack',
      name: 'Calls pack',
      group: 'packs',
      prices: [{ amount: 500, currency: 'usd', interval: 'month' }],
      features: [{ feature: 'calls', limit: 250 }],
    });
    const ada = await customer('ada');

    await subscribe(ada, { plan: 'starter', interval: 'month' });
    await subscribe(ada, { plan: 'calls_pack' });

    expect(await check(ada, 'calls')).toMatchObject({ limit: 1_250 });
    expect(await monthly()).toEqual({ usd: 3_500 });
  });
});
