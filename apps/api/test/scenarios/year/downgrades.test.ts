import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startYear, type Year } from '../../fixtures/year.ts';

let year: Year;
beforeAll(async () => {
  year = await startYear();
});
afterAll(() => year.close());

describe('a downgrade', () => {
  it('takes effect at the end of the period, is shown until then, and charges nothing now', async () => {
    const { post, get, customer, subscribe, day, check, invoiced, monthly, at } = await year.begin();
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'pro', interval: 'month' });
    await day(10);

    const preview = await post(`subscriptions/${id}/preview-change`, { plan: 'starter' });
    expect(preview).toMatchObject({
      kind: 'downgrade',
      when: 'period_end',
      effective_at: at(30).toISOString(),
      due_now: null,
    });
    expect(preview.next_renewal.total.amount).toBe(3_000);
    const changed = await post(`subscriptions/${id}/change`, { plan: 'starter' });

    expect(changed).toMatchObject({
      plan: { key: 'pro' },
      scheduled_change: { effective_at: at(30).toISOString(), plan: { key: 'starter' } },
    });
    expect(await check(ada, 'exports')).toMatchObject({ allowed: true });
    expect(await monthly()).toEqual({ usd: 9_000 });
    await day(30, 2);
    expect(await get(`subscriptions/${id}`)).toMatchObject({
      plan: { key: 'starter' },
      scheduled_change: null,
    });
    expect(await check(ada, 'exports')).toMatchObject({ allowed: false });
    expect(await check(ada, 'calls')).toMatchObject({ limit: 1_000 });
    expect(await monthly()).toEqual({ usd: 3_000 });
    expect(await invoiced(ada)).toEqual([
      [9_000, 9_000, 'paid'],
      [3_000, 3_000, 'paid'],
    ]);
  });

  it('is replaced by another one, and undone', async () => {
    const { post, get, customer, subscribe, day, invoiced } = await year.begin();
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'team', interval: 'month', quantity: 3 });
    await post(`subscriptions/${id}/change`, { plan: 'pro' });
    const second = await post(`subscriptions/${id}/change`, { plan: 'starter' });
    expect(second.scheduled_change.plan.key).toBe('starter');

    const undone = await post(`subscriptions/${id}/scheduled-change`, undefined, 'DELETE');

    expect(undone.scheduled_change).toBeNull();
    await day(30, 2);
    expect(await get(`subscriptions/${id}`)).toMatchObject({ plan: { key: 'team' } });
    // 5,000 and 3 seats at 1,000, twice.
    expect(await invoiced(ada)).toEqual([
      [8_000, 8_000, 'paid'],
      [8_000, 8_000, 'paid'],
    ]);
  });

  it('gives way to an upgrade now', async () => {
    const { post, get, customer, subscribe, day, invoiced } = await year.begin();
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'pro', interval: 'month' });
    await post(`subscriptions/${id}/change`, { plan: 'starter' });
    await day(15);

    const changed = await post(`subscriptions/${id}/change`, { plan: 'team', quantity: 4 });

    expect(changed).toMatchObject({ plan: { key: 'team' }, scheduled_change: null });
    await day(30, 2);
    expect(await get(`subscriptions/${id}`)).toMatchObject({ plan: { key: 'team' } });
    // Half of team with four seats (5,000 + 4,000) is 4,500, half of pro 4,500: nothing is due; then 9,000.
    expect(await invoiced(ada)).toEqual([
      [9_000, 9_000, 'paid'],
      [0, 0, 'paid'],
      [9_000, 9_000, 'paid'],
    ]);
  });

  it('now credits what is unused when asked for, and the credit pays what comes', async () => {
    const { post, customer, subscribe, day, invoiced, check } = await year.begin();
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'pro', interval: 'month' });
    await day(15);

    await post(`subscriptions/${id}/change`, { plan: 'starter', when: 'now' });

    expect(await check(ada, 'exports')).toMatchObject({ allowed: false });
    await day(30, 2);
    // 15 days of 300 back, 15 of 100 charged: −3,000. The renewal of 3,000 is paid from it.
    expect(await invoiced(ada)).toEqual([
      [9_000, 9_000, 'paid'],
      [-3_000, 0, 'paid'],
      [3_000, 0, 'paid'],
    ]);
  });

  it('of seats waits for the end of the period, more seats do not', async () => {
    const { post, get, customer, subscribe, day, invoiced, monthly } = await year.begin();
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'team', interval: 'month', quantity: 2 });
    await day(15);
    await post(`subscriptions/${id}/change`, { quantity: 5 });
    const fewer = await post(`subscriptions/${id}/change`, { quantity: 1 });

    expect(fewer.items.map(({ quantity }: { quantity: number }) => quantity).toSorted()).toEqual([1, 5]);
    expect(await monthly()).toEqual({ usd: 10_000 });
    await day(30, 2);
    expect((await get(`subscriptions/${id}`)).items).toMatchObject([{ quantity: 1 }, { quantity: 1 }]);
    // 5,000 + 2 × 1,000; then 3 seats more for half the month; then 5,000 + 1,000.
    expect(await invoiced(ada)).toEqual([
      [7_000, 7_000, 'paid'],
      [1_500, 1_500, 'paid'],
      [6_000, 6_000, 'paid'],
    ]);
  });
});
