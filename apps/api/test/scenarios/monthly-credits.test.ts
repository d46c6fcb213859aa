import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

// Time stands still until it is moved.
let stack: TestStack;
let tenant: Tenant;
beforeAll(async () => {
  stack = await startStack({ startsAt: new Date('2026-10-31T09:00:00Z') });
  tenant = await stack.newConnectedTenant();
  await post('features', { key: 'images', name: 'Images', type: 'metered', credit_cost: 5 });
  const yearly = (amount: number) => [{ amount, currency: 'usd', interval: 'year' }];
  await post('plans', {
    key: 'basic',
    name: 'Basic',
    rank: 1,
    prices: yearly(12_000),
    credits: { quantity: 100, rollover: { max: 150, periods: 2 } },
  });
  await post('plans', {
    key: 'pro',
    name: 'Pro',
    rank: 2,
    prices: yearly(60_000),
    credits: { quantity: 400, rollover: { max: 150, periods: 2 } },
  });
  await post('add-ons', { key: 'pack', name: 'Pack', prices: yearly(1_000), credits: { quantity: 10 } });
  await stack.settle();
});
afterAll(() => stack.close());

async function post(path: string, body: Json): Promise<Json> {
  const answer = await tenant.asServer('POST', path, body);
  expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
}

const credits = async (customer: string): Promise<Json> => {
  const { body } = await tenant.asServer('GET', `customers/external:${customer}`);
  return (await tenant.asServer('GET', `customers/${body['id']}/credits`)).body;
};
const left = async (customer: string): Promise<unknown[]> => {
  const { body } = await tenant.asServer('GET', `customers/external:${customer}`);
  const { body: page } = await tenant.asServer('GET', `customers/${body['id']}/credits/grants?limit=100`);
  return page['data']
    .filter(({ remaining }: Json) => remaining > 0)
    .map(({ source, remaining, expires_at: until }: Json) => [
      source,
      remaining,
      until?.slice(0, 10) ?? null,
    ]);
};
const use = (customer: string, images: number) =>
  post('usage/track', {
    idempotency_key: `${customer}-${stack.now().toISOString()}-${images}`,
    customer,
    meter: 'images',
    value: images,
  });
const subscribe = async (customer: string, plan: string): Promise<Json> => {
  await post('customers', { external_id: customer, email: `${customer}@example.com` });
  return post('subscriptions', { customer, plan, payment_method: 'pm_card_visa' });
};

describe('a plan that is paid by the year and grants credits by the month', () => {
  it('adds what a higher plan grants more at once and once, and ends with the subscription', async () => {
    const { id } = await subscribe('grace', 'basic');
    const customer = (await tenant.asServer('GET', 'customers/external:grace')).body['id'];
    await post(`customers/${customer}/credits/grants`, { quantity: 7 });
    await use('grace', 10);
    expect(await credits('grace')).toMatchObject({ balance: 57 });

    await post(`subscriptions/${id}/change`, { plan: 'pro' });
    expect(await credits('grace')).toMatchObject({ balance: 357 });
    await post(`subscriptions/${id}/change`, { plan: 'basic', when: 'now' });
    await post(`subscriptions/${id}/change`, { plan: 'pro' });
    expect(await credits('grace')).toMatchObject({ balance: 357 });

    await post(`subscriptions/${id}/cancel`, { when: 'now' });
    await stack.settle();
    expect(await left('grace')).toEqual([['manual', 7, null]]);
    expect(await credits('grace')).toMatchObject({ balance: 7, allowances: [] });
  });

  it('grants them each month, carries over what it may, and goes on over the year', async () => {
    await subscribe('ada', 'basic');
    expect(await credits('ada')).toMatchObject({
      balance: 100,
      allowances: [
        { source: 'plan', quantity: 100, interval: 'month', rollover_max: 150, rollover_periods: 2 },
      ],
    });
    await use('ada', 2);
    expect(await left('ada')).toEqual([['plan', 90, '2026-11-30']]);

    // From the 31st by the month: the last days of the shorter ones.
    await stack.moveTo(new Date('2026-11-30T09:00:00Z'));
    expect(await left('ada')).toEqual([
      ['plan', 100, '2026-12-31'],
      ['rollover', 90, '2027-01-31'],
    ]);

    // Rollovers go first.
    await use('ada', 4);
    expect(await credits('ada')).toMatchObject({ balance: 170 });
    // Of 100 left no more is carried over than makes 150 of it.
    await stack.moveTo(new Date('2026-12-31T09:00:00Z'));
    expect(await left('ada')).toEqual([
      ['plan', 100, '2027-01-31'],
      ['rollover', 80, '2027-02-28'],
      ['rollover', 70, '2027-01-31'],
    ]);

    // The year is renewed, and the sweep finds ten months to catch up with.
    await stack.moveTo(new Date('2027-10-31T09:00:00Z'));
    expect(await left('ada')).toEqual([
      ['plan', 100, '2027-11-30'],
      ['rollover', 80, '2027-12-31'],
      ['rollover', 70, '2027-11-30'],
    ]);
    // Whoever looks before any sweep finds what it would have written, too.
    stack.setTime(new Date('2027-11-30T09:00:00Z'));
    expect(await credits('ada')).toMatchObject({
      balance: 250,
      next_expiry: { quantity: 180, expires_at: '2027-12-31T09:00:00.000Z' },
    });
    expect(await left('ada')).toEqual([
      ['plan', 100, '2027-12-31'],
      ['rollover', 70, '2028-01-31'],
      ['rollover', 80, '2027-12-31'],
    ]);
  });
});
