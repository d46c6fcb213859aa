import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startYear, type Year } from '../../fixtures/year.ts';

let year: Year;
beforeAll(async () => {
  year = await startYear();
});
afterAll(() => year.close());

// A story begins in a month of 30 days: starter is 100 cents a day, pro 300.
describe('an upgrade', () => {
  it('charges what the preview said, raises the limit at once and carries usage', async () => {
    const { post, customer, subscribe, day, check, invoiced, monthly } = await year.begin();
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'starter', interval: 'month' });
    await post('usage/track', { idempotency_key: 'k1', customer: ada, meter: 'calls', value: 900 });
    expect(await monthly()).toEqual({ usd: 3_000 });
    await day(10);

    const preview = await post(`subscriptions/${id}/preview-change`, { plan: 'pro' });
    expect(preview).toMatchObject({ kind: 'upgrade', when: 'now' });
    // 20 of 30 days are left: 6,000 for pro less 2,000 of starter.
    expect(preview.due_now.amount_due).toEqual({ amount: 4_000, currency: 'usd' });
    expect(preview.next_renewal.total).toEqual({ amount: 9_000, currency: 'usd' });
    expect(preview.entitlements).toEqual([
      { feature: 'calls', before: { limit: 1_000, value: null }, after: { limit: 10_000, value: null } },
      { feature: 'exports', before: null, after: { limit: null, value: null } },
    ]);
    const changed = await post(`subscriptions/${id}/change`, {
      plan: 'pro',
      proration_at: preview.proration_at,
    });

    expect(changed).toMatchObject({ status: 'active', plan: { key: 'pro' } });
    expect(await invoiced(ada)).toEqual([
      [3_000, 3_000, 'paid'],
      [4_000, 4_000, 'paid'],
    ]);
    expect(await check(ada, 'calls')).toMatchObject({ used: 900, limit: 10_000, remaining: 9_100 });
    expect(await check(ada, 'exports')).toMatchObject({ allowed: true });
    expect(await monthly()).toEqual({ usd: 9_000 });
    await day(30, 2);
    expect((await invoiced(ada)).at(-1)).toEqual([9_000, 9_000, 'paid']);
  });

  it('is previewed with an Idempotency-Key, as the SDK and the dashboard do, and again for its repetition', async () => {
    const { tenant, customer, subscribe } = await year.begin();
    const { id } = await subscribe(await customer('ada'), { plan: 'starter', interval: 'month' });
    const previewed = () =>
      tenant.asServer(
        'POST',
        `subscriptions/${id}/preview-change`,
        { plan: 'pro' },
        { 'idempotency-key': 'preview-1' },
      );

    const first = await previewed();
    expect(first).toMatchObject({ status: 200, body: { kind: 'upgrade', when: 'now' } });
    expect(await previewed()).toMatchObject({ status: 200, body: first.body });
  });

  it('whose payment fails leaves the old plan, its limit and its price', async () => {
    const { tenant, post, customer, subscribe, refused, day, check, invoiced, monthly } = await year.begin();
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'starter', interval: 'month' });
    const { stripe, account } = await year.stack.stripeOf(tenant);
    const { stripe_customer_id: stripeCustomer } = (await tenant.asServer('GET', 'customers/ada')).body;
    const card = await stripe.paymentMethods.attach(
      'pm_card_chargeCustomerFail',
      { customer: stripeCustomer },
      { stripeAccount: account },
    );
    await stripe.customers.update(
      stripeCustomer,
      { invoice_settings: { default_payment_method: card.id } },
      { stripeAccount: account },
    );
    await day(15);

    const error = await refused(`subscriptions/${id}/change`, { plan: 'pro' });

    expect(error).toMatchObject({ code: 'payment_failed' });
    expect(await check(ada, 'calls')).toMatchObject({ limit: 1_000 });
    expect(await check(ada, 'exports')).toMatchObject({ allowed: false, reason: 'not_entitled' });
    expect(await monthly()).toEqual({ usd: 3_000 });
    expect((await invoiced(ada)).filter(([, , status]) => status === 'paid')).toEqual([
      [3_000, 3_000, 'paid'],
    ]);
    // With a card that works it can be wished again: 15 days of 300 less 100.
    const visa = await stripe.paymentMethods.attach(
      'pm_card_visa',
      { customer: stripeCustomer },
      { stripeAccount: account },
    );
    await stripe.customers.update(
      stripeCustomer,
      { invoice_settings: { default_payment_method: visa.id } },
      { stripeAccount: account },
    );
    await post(`subscriptions/${id}/change`, { plan: 'pro' });
    expect((await invoiced(ada)).at(-1)).toEqual([3_000, 3_000, 'paid']);
  });

  it('twice in a period never credits more than was paid', async () => {
    const { post, customer, subscribe, day, invoiced } = await year.begin();
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'starter', interval: 'month' });
    await day(10);
    await post(`subscriptions/${id}/change`, { plan: 'pro' });
    await day(20);

    await post(`subscriptions/${id}/change`, { plan: 'team', quantity: 2 });

    // Day 10: 20 × (300 − 100) = 4,000. Day 20: 10 days of team (5,000 + 2 × 1,000) / 30 = 2,333.33, less 10 × 300 = 3,000:
    // 1,666.67 → 1,667 and 666.67 → 667 less 3,000 are −666, which becomes credit.
    expect(await invoiced(ada)).toEqual([
      [3_000, 3_000, 'paid'],
      [4_000, 4_000, 'paid'],
      [-666, 0, 'paid'],
    ]);
    await day(30, 2);
    // 7,000 for team with two seats, less the credit of 666.
    expect((await invoiced(ada)).at(-1)).toEqual([7_000, 6_334, 'paid']);
  });

  it('from month to year begins a new period now', async () => {
    const { post, customer, subscribe, day, invoiced, get, monthly, at } = await year.begin();
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'starter', interval: 'month' });
    await day(15);

    const preview = await post(`subscriptions/${id}/preview-change`, { interval: 'year' });
    await post(`subscriptions/${id}/change`, { interval: 'year', proration_at: preview.proration_at });

    expect(preview).toMatchObject({ kind: 'interval', when: 'now' });
    // 30,000 for the year, less 15 unused days of 100.
    expect(preview.due_now.total.amount).toBe(28_500);
    expect((await invoiced(ada)).at(-1)).toEqual([28_500, 28_500, 'paid']);
    expect(await get(`subscriptions/${id}`)).toMatchObject({
      current_period_start: at(15).toISOString(),
      current_period_end: new Date(
        Date.UTC(at(15).getUTCFullYear() + 1, at(15).getUTCMonth(), 16),
      ).toISOString(),
    });
    // 30,000 / 12.
    expect(await monthly()).toEqual({ usd: 2_500 });
  });
});
