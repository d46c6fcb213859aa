import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sellByUse, type Story, startYear, type Year } from '../../fixtures/year.ts';

let year: Year;
beforeAll(async () => {
  year = await startYear();
});
afterAll(() => year.close());

/** Subscribes a customer to a plan of $10 a month and one price by use; uses it; what the renewal came to. */
async function renewalOf(story: Story, price: Record<string, unknown>, calls: number): Promise<number[]> {
  await story.post('plans', {
    key: 'metered',
    name: 'Metered',
    rank: 1,
    prices: [
      { amount: 1_000, currency: 'usd', interval: 'month' },
      { currency: 'usd', interval: 'month', feature: 'calls', ...price },
    ],
    features: [{ feature: 'calls', limit: null }],
  });
  const ada = await story.customer('ada');
  await story.subscribe(ada, { plan: 'metered' });
  await use(story, ada, calls);
  await story.day(30, 2);
  return (await story.invoiced(ada)).map(([total]) => total);
}

async function use({ post, day }: Story, customer: string, calls: number, onDay = 3): Promise<void> {
  if (calls > 0) {
    await post('usage/track', { idempotency_key: `use-${onDay}`, customer, meter: 'calls', value: calls });
  }
  await day(onDay, 1);
}

describe('use is charged when the period ends', () => {
  it('by unit, with fractions of a cent rounded once', async () => {
    const amounts = await renewalOf(await year.begin(), { type: 'per_unit', unit_amount: '0.5' }, 1_001);

    // 1,001 × 0.5 = 500.5 → 501, and 1,000 for the next month.
    expect(amounts).toEqual([1_000, 1_501]);
  });

  it('by started package', async () => {
    const amounts = await renewalOf(
      await year.begin(),
      { type: 'package', unit_amount: '100', package_size: 100 },
      250,
    );

    // Three packages of a hundred.
    expect(amounts).toEqual([1_000, 1_300]);
  });

  it('by graduated tiers, each unit at the price of its band', async () => {
    const tiers = [
      { up_to: 100, unit_amount: '2' },
      { up_to: 1_000, unit_amount: '1' },
      { up_to: null, unit_amount: '0.5' },
    ];
    const amounts = await renewalOf(await year.begin(), { type: 'graduated', tiers }, 1_500);

    // 100 × 2 + 900 × 1 + 500 × 0.5 = 1,350.
    expect(amounts).toEqual([1_000, 2_350]);
  });

  it('by volume, all units at the price of the tier reached, whose bound is included', async () => {
    const tiers = [
      { up_to: 100, unit_amount: '2' },
      { up_to: null, unit_amount: '1' },
    ];

    // 100 units are in the first tier: 200. 150 units are all in the second: 150.
    expect(await renewalOf(await year.begin(), { type: 'volume', tiers }, 100)).toEqual([1_000, 1_200]);
    expect(await renewalOf(await year.begin(), { type: 'volume', tiers }, 150)).toEqual([1_000, 1_150]);
  });

  it('with the flat fees of the tiers reached', async () => {
    const tiers = [
      { up_to: 10, unit_amount: '0', flat_amount: 500 },
      { up_to: null, unit_amount: '10', flat_amount: 300 },
    ];
    const amounts = await renewalOf(await year.begin(), { type: 'graduated', tiers }, 12);

    // 500 for the first tier, 300 for the second, 2 × 10.
    expect(amounts).toEqual([1_000, 1_820]);
  });

  it('beyond the units that are included', async () => {
    const price = { type: 'per_unit', unit_amount: '1', included_units: 100 };

    expect(await renewalOf(await year.begin(), price, 250)).toEqual([1_000, 1_150]);
    expect(await renewalOf(await year.begin(), price, 80)).toEqual([1_000, 1_000]);
  });

  it('up to an upgrade at the old price, after it at the new one', async () => {
    const story = await year.begin();
    await sellByUse(story, { limit: null });
    const ada = await story.customer('ada');
    const { id } = await story.subscribe(ada, { plan: 'small' });
    await use(story, ada, 100, 3);
    await story.day(15);

    const preview = await story.post(`subscriptions/${id}/preview-change`, { plan: 'large' });
    await story.post(`subscriptions/${id}/change`, { plan: 'large', proration_at: preview.proration_at });

    // 100 calls × 2; half of 6,000 less half of 3,000.
    expect(preview.due_now.total.amount).toBe(1_700);
    expect((await story.invoiced(ada)).at(-1)).toEqual([1_700, 1_700, 'paid']);
    await use(story, ada, 50, 20);
    await story.day(30, 2);
    // 50 calls × 1 and the next month.
    expect((await story.invoiced(ada)).at(-1)).toEqual([6_050, 6_050, 'paid']);
  });

  it('up to the second of an upgrade at the old price, and from that second at the new one', async () => {
    const story = await year.begin();
    await sellByUse(story, { limit: null });
    const ada = await story.customer('ada');
    const { id } = await story.subscribe(ada, { plan: 'small' });
    const track = (key: string, value: number) =>
      story.post('usage/track', { idempotency_key: key, customer: ada, meter: 'calls', value });
    // Stripe has not heard of it yet when the customer changes, half a minute later.
    await year.stack.moveTo(new Date(story.at(15).getTime() + 7_000));
    await track('before', 100);
    await year.stack.moveTo(new Date(story.at(15).getTime() + 37_000));

    const preview = await story.post(`subscriptions/${id}/preview-change`, { plan: 'large' });
    await story.post(`subscriptions/${id}/change`, { plan: 'large', proration_at: preview.proration_at });
    await track('after', 50);
    await year.stack.moveTo(new Date(story.at(15).getTime() + 50_000));
    await track('within-the-minute', 7);

    expect((await story.invoiced(ada)).at(-1)).toEqual([
      preview.due_now.total.amount,
      preview.due_now.total.amount,
      'paid',
    ]);
    expect(preview.due_now.lines).toContainEqual(
      expect.objectContaining({ amount: { amount: 200, currency: 'usd' } }),
    );
    await story.day(16);
    await story.day(30, 2);
    // 57 calls × 1 and the next month.
    expect((await story.invoiced(ada)).at(-1)).toEqual([6_057, 6_057, 'paid']);
  });
});

describe('seats', () => {
  it('are charged in advance by graduated tiers', async () => {
    const { post, customer, subscribe, invoiced, day } = await year.begin();
    await post('plans', {
      key: 'tiered',
      name: 'Tiered seats',
      prices: [
        {
          type: 'graduated',
          currency: 'usd',
          interval: 'month',
          tiers: [
            { up_to: 5, unit_amount: '1000' },
            { up_to: null, unit_amount: '800' },
          ],
        },
      ],
    });
    const ada = await customer('ada');
    const { id } = await subscribe(ada, { plan: 'tiered', quantity: 7 });
    // 5 × 1,000 + 2 × 800.
    expect(await invoiced(ada)).toEqual([[6_600, 6_600, 'paid']]);
    await day(15);

    await post(`subscriptions/${id}/change`, { quantity: 10 });

    // 3 seats more at 800, for half the month.
    expect((await invoiced(ada)).at(-1)).toEqual([1_200, 1_200, 'paid']);
  });
});

describe('a currency', () => {
  it.each([
    ['jpy', 1_200],
    ['kwd', 12_500],
    ['inr', 99_900],
  ])('of its own exponent, %s, is charged in its minor units', async (currency, amount) => {
    const { post, customer, subscribe, invoiced, monthly } = await year.begin();
    await post('plans', {
      key: 'abroad',
      name: 'Abroad',
      prices: [
        { amount, currency, interval: 'month' },
        { amount: 1_000, currency: 'usd', interval: 'month' },
      ],
    });
    const ada = await customer('ada');

    await subscribe(ada, { plan: 'abroad', currency });

    expect(await invoiced(ada)).toEqual([[amount, amount, 'paid']]);
    expect(await monthly()).toEqual({ [currency]: amount });
  });
});

describe('an interval', () => {
  it('of a quarter or of a week is brought to a month', async () => {
    const { post, customer, subscribe, monthly, day, invoiced } = await year.begin();
    await post('plans', {
      key: 'rhythms',
      name: 'Rhythms',
      group: 'rhythms',
      prices: [
        { amount: 9_000, currency: 'usd', interval: 'month', interval_count: 3 },
        { amount: 1_000, currency: 'eur', interval: 'week' },
      ],
    });
    await subscribe(await customer('ada'), { plan: 'rhythms', interval: 'month', interval_count: 3 });
    await subscribe(await customer('ben'), { plan: 'rhythms', interval: 'week' });

    // 9,000 / 3; 1,000 × 52 / 12 = 4,333.33.
    expect(await monthly()).toEqual({ usd: 3_000, eur: 4_333 });
    await day(15);
    expect((await invoiced('ben')).length).toBe(3);
    await day(93);
    expect((await invoiced('ada')).map(([total]) => total)).toEqual([9_000, 9_000]);
  });
});
