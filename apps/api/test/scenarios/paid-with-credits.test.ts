import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startYear, type Story, type Year } from '../fixtures/year.ts';
import type { Json } from '../fixtures/api.ts';

let year: Year;
beforeAll(async () => {
  year = await startYear();
});
afterAll(() => year.close());

/**
 * $10.00 a month with 100 images; beyond them 3 cents each, or 2 credits as long as there are some.
 */
async function sell({ post }: Story, plan: Json = {}): Promise<void> {
  await post('features', { key: 'images', name: 'Images', type: 'metered', credit_cost: 2 });
  await post('plans', {
    key: 'studio',
    name: 'Studio',
    features: [{ feature: 'images', limit: 100, overage: 'allow' }],
    prices: [
      { amount: 1_000, currency: 'usd', interval: 'month' },
      {
        type: 'per_unit',
        unit_amount: '3',
        included_units: 100,
        feature: 'images',
        currency: 'usd',
        interval: 'month',
      },
    ],
    ...plan,
  });
}

const use = ({ post }: Story, customer: string, images: number) =>
  post('usage/track', {
    idempotency_key: randomUUID(),
    customer,
    meter: 'images',
    value: images,
  });

/** 150 images: 100 are included, 60 credits pay for 30, and 20 at 3 cents are to be paid. */
const estimated = {
  lines: [
    { description: 'Studio', amount: { amount: 1_000 } },
    {
      description: 'Studio: Images, 100 included, 30 paid with credits',
      quantity: '120',
      amount: { amount: 60 },
    },
  ],
  total: { amount: 1_060, currency: 'usd' },
};

describe('what credits have paid for', () => {
  it('is on no invoice of Stripe, and in no estimate of it', async () => {
    const story = await year.begin();
    await sell(story);
    const ada = await story.customer('ada');
    const { id } = await story.subscribe(ada, { plan: 'studio' });
    await story.post(`customers/external:${ada}/credits/grants`, { quantity: 60 });
    await use(story, ada, 90);
    await use(story, ada, 60);

    expect(await story.get(`subscriptions/${id}/estimate`)).toMatchObject(estimated);
    expect(await story.get(`customers/external:${ada}/credits`)).toMatchObject({ balance: 0 });

    await story.day(3, 1);
    await story.day(30, 2);
    expect((await story.invoiced(ada)).map(([total]) => total)).toEqual([1_000, 1_060]);
  });

  it('comes back when the use is corrected, and Stripe hears of the rest', async () => {
    const story = await year.begin();
    await sell(story);
    const ada = await story.customer('ada');
    const { id } = await story.subscribe(ada, { plan: 'studio' });
    await story.post(`customers/external:${ada}/credits/grants`, { quantity: 60 });
    await use(story, ada, 150);
    await story.day(1);
    // The 20 that were to be paid in money fall away, and 5 that were paid with credits.
    await story.post('usage/corrections', {
      idempotency_key: randomUUID(),
      customer: ada,
      meter: 'images',
      value: -25,
      reason: 'Counted twice',
    });
    expect(await story.get(`customers/external:${ada}/credits`)).toMatchObject({ balance: 10 });
    expect(await story.get(`subscriptions/${id}/estimate`)).toMatchObject({ total: { amount: 1_000 } });
    await story.day(2);
    // 5 with the credits that came back, and 5 at 3 cents.
    await use(story, ada, 10);
    expect(await story.get(`subscriptions/${id}/estimate`)).toMatchObject({ total: { amount: 1_015 } });

    await story.day(3, 1);
    await story.day(30, 2);
    expect((await story.invoiced(ada)).map(([total]) => total)).toEqual([1_000, 1_015]);
  });

  it('is on no invoice of our own, and in no estimate of it', async () => {
    const story = await year.begin();
    await sell(story);
    await story.post('customers', { external_id: 'bob', name: 'Bob Ltd', email: 'ap@bob.test' });
    const { id } = await story.post('subscriptions', { customer: 'bob', plan: 'studio', billing: 'manual' });
    await story.post('customers/external:bob/credits/grants', { quantity: 60 });
    await use(story, 'bob', 90);
    await use(story, 'bob', 60);

    expect(await story.get(`subscriptions/${id}/estimate`)).toMatchObject(estimated);

    await story.day(30, 2);
    const { data } = await story.get('invoices?customer=external:bob');
    expect(data.map(({ total }: Json) => total.amount)).toEqual([1_060, 1_000]);
  });

  it('is not spent in money: credits for 30 and a cap of $0.60 allow 150, and no more', async () => {
    const story = await year.begin();
    await sell(story, { spend_cap: { amount: 60, currency: 'usd' } });
    await story.post('customers', { external_id: 'eve', name: 'Eve Ltd', email: 'ap@eve.test' });
    await story.post('subscriptions', { customer: 'eve', plan: 'studio', billing: 'manual' });
    await story.post('customers/external:eve/credits/grants', { quantity: 60 });
    const check = (required: number) =>
      story.get(`entitlements/check?customer=eve&feature=images&required=${required}`);
    const consume = (quantity: number) =>
      story.post('entitlements/consume', {
        idempotency_key: randomUUID(),
        customer: 'eve',
        feature: 'images',
        quantity,
      });

    expect(await check(150)).toMatchObject({ allowed: true });
    expect(await check(151)).toMatchObject({ allowed: false, reason: 'spend_cap' });
    expect(await consume(151)).toMatchObject({ allowed: false, reason: 'spend_cap' });
    expect(await consume(120)).toMatchObject({ allowed: true });
    expect(await check(31)).toMatchObject({ allowed: false, reason: 'spend_cap' });
    expect(await consume(30)).toMatchObject({ allowed: true });
    expect(await consume(1)).toMatchObject({ allowed: false, reason: 'spend_cap' });
    expect((await story.get('customers/external:eve/spend-cap'))['subscriptions']).toMatchObject([
      { spent: { amount: 60, currency: 'usd' } },
    ]);
  });
});
