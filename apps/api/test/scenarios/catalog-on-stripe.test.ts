import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Story, startYear, type Year } from '../fixtures/year.ts';

let year: Year;
beforeAll(async () => {
  year = await startYear();
});
afterAll(() => year.close());

const monthly = { currency: 'usd', interval: 'month' };

/** Sells a plan of one price to a customer of its own, who uses so many calls on the first day. */
async function sell(story: Story, key: string, price: object, { quantity = 1, calls = 0 } = {}) {
  await story.post('plans', {
    key,
    name: key,
    group: key,
    prices: [{ ...monthly, ...price }],
    features: [{ feature: 'calls', limit: null }],
  });
  await story.customer(key);
  const subscription = await story.subscribe(key, { plan: key, quantity });
  if (calls > 0) {
    await story.post('usage/track', { idempotency_key: key, customer: key, meter: 'calls', value: calls });
  }
  return subscription;
}

/** The Stripe objects of a merchant. */
async function stripeOf(story: Story): Promise<{ stripe: Stripe; options: { stripeAccount: string } }> {
  const { stripe, account } = await year.stack.stripeOf(story.tenant);
  return { stripe, options: { stripeAccount: account } };
}

describe('a price on Stripe', () => {
  it('charges seats in advance, flat, singly, in packages and in tiers', { timeout: 120_000 }, async () => {
    const story = await year.begin();
    const tiers = [
      { up_to: 10, unit_amount: '500' },
      { up_to: null, unit_amount: '300', flat_amount: 1_000 },
    ];
    await sell(story, 'flat', { amount: 1_900 });
    await sell(story, 'yen', { amount: 980, currency: 'jpy', interval: 'week', interval_count: 2 });
    await sell(story, 'seats', { type: 'per_seat', amount: 700 }, { quantity: 3 });
    await sell(story, 'boxes', { type: 'package', unit_amount: '2000', package_size: 5 }, { quantity: 12 });
    await sell(story, 'graduated', { type: 'graduated', tiers }, { quantity: 12 });
    await sell(story, 'volume', { type: 'volume', tiers }, { quantity: 12 });

    const charged = async (key: string) => (await story.invoiced(key)).map(([total]) => total);
    expect(await charged('flat')).toEqual([1_900]);
    expect(await charged('yen')).toEqual([980]);
    // 3 × 700.
    expect(await charged('seats')).toEqual([2_100]);
    // 12 seats are 3 packages of 5: 3 × 2,000.
    expect(await charged('boxes')).toEqual([6_000]);
    // 10 × 500, then 2 × 300 and the fee of 1,000.
    expect(await charged('graduated')).toEqual([6_600]);
    // All 12 at 300, and the fee of 1,000.
    expect(await charged('volume')).toEqual([4_600]);
  });

  it('charges use after the period, with included units and flat fees', { timeout: 180_000 }, async () => {
    const story = await year.begin();
    const feature = 'calls';
    const tiers = [
      { up_to: 100, unit_amount: '5', flat_amount: 200 },
      { up_to: null, unit_amount: '2.5' },
    ];
    const falling = [
      { up_to: 100, unit_amount: '10' },
      { up_to: null, unit_amount: '5' },
    ];
    const perUnit = { type: 'per_unit', feature };
    await sell(story, 'unit', { ...perUnit, unit_amount: '0.35' }, { calls: 1_234 });
    await sell(story, 'free', { ...perUnit, unit_amount: '1.5', included_units: 1_000 }, { calls: 1_234 });
    const packages = { type: 'package', unit_amount: '100', package_size: 1_000, feature, currency: 'inr' };
    await sell(story, 'rupees', packages, { calls: 12_345 });
    await sell(story, 'steps', { type: 'graduated', tiers, feature }, { calls: 150 });
    const shifted = { type: 'graduated', tiers, feature, included_units: 50 };
    await sell(story, 'shifted', shifted, { calls: 200 });
    await sell(story, 'unused', shifted);
    await sell(story, 'bulk', { type: 'volume', tiers: falling, feature }, { calls: 101 });

    await story.day(1);
    await story.day(30, 2);

    const charged = async (key: string) => (await story.invoiced(key)).map(([total]) => total);
    // 1,234 × 0.35 = 431.9.
    expect(await charged('unit')).toEqual([0, 432]);
    // 234 × 1.5 = 351.
    expect(await charged('free')).toEqual([0, 351]);
    // 12,345 calls are 13 packages of 1,000, a rupee each.
    expect(await charged('rupees')).toEqual([0, 1_300]);
    // 100 × 5 and its fee of 200, then 50 × 2.5.
    expect(await charged('steps')).toEqual([0, 825]);
    // 150 beyond the 50 included: the same.
    expect(await charged('shifted')).toEqual([0, 825]);
    // The fee of the first tier is charged without any use.
    expect(await charged('unused')).toEqual([0, 200]);
    // 101 × 5.
    expect(await charged('bulk')).toEqual([0, 505]);
  });

  it('is refused where Stripe has no way to charge it, and stays for manual invoices', async () => {
    const story = await year.begin();
    const created = await story.post('plans', {
      key: 'boxes',
      name: 'Boxes',
      prices: [
        {
          ...monthly,
          type: 'package',
          unit_amount: '100',
          package_size: 10,
          included_units: 5,
          feature: 'calls',
        },
      ],
    });
    expect(created.warnings).toEqual(['A price charges the use of calls, which the plan does not grant.']);
    await story.customer('ada');

    const error = await story.refused('subscriptions', {
      customer: 'ada',
      plan: 'boxes',
      payment_method: 'pm_card_visa',
    });

    expect(error).toMatchObject({ code: 'price_not_on_stripe', param: 'price' });
    expect((await story.get('plans/boxes')).prices[0].stripe_price_id).toBeNull();
  });
});

describe('a new version', () => {
  it('is what is sold from now on; who is on the old one stays', { timeout: 60_000 }, async () => {
    const story = await year.begin();
    const { stripe, options } = await stripeOf(story);
    await story.customer('ada');
    await story.subscribe('ada', { plan: 'starter', interval: 'month' });
    await story.post(
      'plans/starter/draft',
      { prices: [{ ...monthly, amount: 4_000 }], features: [{ feature: 'exports' }] },
      'PUT',
    );
    expect((await story.get('plans/starter')).version.number).toBe(1);

    const published = await story.post('plans/starter/publish');
    await year.stack.settle();

    expect(published).toMatchObject({ version: { number: 2 }, prices: [{ amount: { amount: 4_000 } }] });
    await story.customer('bob');
    await story.subscribe('bob', { plan: 'starter', interval: 'month' });
    expect(await story.check('ada', 'exports')).toMatchObject({ allowed: false });
    expect(await story.check('bob', 'exports')).toMatchObject({ allowed: true });
    await story.day(30, 2);
    expect((await story.invoiced('ada')).map(([total]) => total)).toEqual([3_000, 3_000]);
    expect((await story.invoiced('bob')).map(([total]) => total)).toEqual([4_000, 4_000]);
    // The product grants what the version that is sold grants.
    const product = (await stripe.products.list({ limit: 100 }, options)).data.find(
      ({ name }) => name === 'Starter',
    );
    const attached = await stripe.products.listFeatures(product?.id ?? '', {}, options);
    expect(attached.data.map((item) => item.entitlement_feature.lookup_key)).toEqual(['exports']);
  });
});

describe('a customer’s own price', () => {
  it(
    'is charged instead of the plan’s, and kept by who has it when it ends',
    { timeout: 60_000 },
    async () => {
      const story = await year.begin();
      const plan = await story.get('plans/starter');
      const replaced = plan.prices.find(({ interval }: { interval: string }) => interval === 'month');
      await story.customer('ada');
      await story.customer('bob');
      const own = await story.post('customers/ada/prices', { price: replaced.id, amount: 1_500 });
      expect(own).toMatchObject({ type: 'flat', plan: 'starter', replaces: replaced.id });
      expect(await story.refused('customers/ada/prices', { price: replaced.id, amount: 1 })).toMatchObject({
        code: 'customer_has_own_price',
      });
      expect(await story.refused('customers/ada/prices', { price: own.id, amount: 1 })).toMatchObject({
        code: 'price_not_replaceable',
      });

      await story.subscribe('ada', { plan: 'starter', interval: 'month' });
      await story.subscribe('bob', { plan: 'starter', interval: 'month' });
      await story.post(`customers/ada/prices/${own.id}`, undefined, 'DELETE');
      await story.day(30, 2);

      expect((await story.get('customers/ada/prices')).data).toEqual([]);
      expect((await story.invoiced('ada')).map(([total]) => total)).toEqual([1_500, 1_500]);
      expect((await story.invoiced('bob')).map(([total]) => total)).toEqual([3_000, 3_000]);
    },
  );
});

describe('the catalog compared with Stripe', () => {
  it(
    'is repaired where it is missing, inactive or named otherwise, and then nothing differs',
    { timeout: 60_000 },
    async () => {
      const story = await year.begin();
      const { stripe, options } = await stripeOf(story);
      const coupon = await story.post('coupons', { key: 'SPRING', name: 'Spring', percent_off: 25 });
      await year.stack.settle();
      const starter = await story.get('plans/starter');
      const pro = await story.get('plans/pro');
      const calls = await story.get('features/calls');
      const meter = await story.get('meters/calls');
      const synced = await story.get('coupons/spring');
      const monthlyPrice = starter.prices[0];
      expect(await story.tenant.asOwner('POST', 'catalog/resync')).toMatchObject({ body: { repaired: [] } });

      const products = (await stripe.products.list({ limit: 100 }, options)).data;
      const productOf = (name: string) => products.find((product) => product.name === name)?.id ?? '';
      const [feature] = (await stripe.entitlements.features.list({ lookup_key: 'calls' }, options)).data;
      const [attached] = (await stripe.products.listFeatures(productOf('Team'), {}, options)).data;
      const team = await story.get('plans/team');
      // Else the events would have it repaired before.
      year.stack.emulator.pauseWebhooks();
      await stripe.coupons.del(synced.stripe_coupon_id, {}, options);
      await stripe.prices.update(monthlyPrice.stripe_price_id, { active: false }, options);
      await stripe.products.update(productOf('Starter'), { name: 'Beginner' }, options);
      await stripe.products.update(productOf('Pro'), { active: false }, options);
      await stripe.products.deleteFeature(productOf('Team'), attached?.id ?? '', {}, options);
      await stripe.billing.meters.deactivate(meter.stripe_meter_id, {}, options);
      await stripe.entitlements.features.update(feature?.id ?? '', { active: false }, options);

      const { body } = await story.tenant.asOwner('POST', 'catalog/resync');
      year.stack.emulator.resumeWebhooks();

      expect(body['repaired']).toEqual([
        { kind: 'meter', id: meter.id, cause: 'inactive' },
        { kind: 'feature', id: calls.id, cause: 'inactive' },
        { kind: 'coupon', id: coupon.id, cause: 'missing' },
        { kind: 'product', id: starter.id, cause: 'renamed' },
        { kind: 'product', id: pro.id, cause: 'inactive' },
        { kind: 'price', id: monthlyPrice.id, cause: 'inactive' },
        { kind: 'product', id: team.id, cause: 'features_missing' },
      ]);
      const again = await story.get('coupons/spring');
      expect(again.stripe_coupon_id).not.toBe(synced.stripe_coupon_id);
      const made = await stripe.coupons.retrieve(again.stripe_coupon_id, {}, options);
      expect(made).toMatchObject({ name: 'Spring', percent_off: 25, duration: 'once', valid: true });
      expect((await stripe.products.retrieve(productOf('Starter'), {}, options)).name).toBe('Starter');
      expect(await story.tenant.asOwner('POST', 'catalog/resync')).toMatchObject({ body: { repaired: [] } });
      await story.customer('ada');
      await story.subscribe('ada', { plan: 'starter', interval: 'month' });
      expect(await story.invoiced('ada')).toEqual([[3_000, 3_000, 'paid']]);
    },
  );

  it('is changed back when somebody changes it on Stripe, once for each change', async () => {
    const story = await year.begin();
    const { stripe, options } = await stripeOf(story);
    const created = await story.post('coupons', { key: 'SPRING', name: 'Spring', percent_off: 25 });
    await year.stack.settle();
    const { stripe_coupon_id: coupon } = await story.get(`coupons/${created.id}`);
    const { prices } = await story.get('plans/starter');

    await stripe.prices.update(prices[0].stripe_price_id, { active: false }, options);
    await stripe.coupons.del(coupon, {}, options);
    await year.stack.settle();
    year.stack.emulator.replayDeliveries();
    await year.stack.settle();

    expect((await stripe.prices.retrieve(prices[0].stripe_price_id, {}, options)).active).toBe(true);
    const coupons = await stripe.coupons.list({}, options);
    expect(coupons.data.map(({ name }) => name)).toEqual(['Spring']);
    expect((await story.get('coupons/spring')).stripe_coupon_id).toBe(coupons.data[0]?.id);
    const { body: audit } = await story.tenant.asOwner('GET', 'audit-log?limit=100');
    const repairs = audit['data'].filter(({ action }: { action: string }) => action === 'catalog.repaired');
    expect(repairs.map(({ after }: { after: { cause: string } }) => after.cause).toSorted()).toEqual([
      'inactive',
      'missing',
    ]);
  });

  it('follows what is renamed here', async () => {
    const story = await year.begin();
    const { stripe, options } = await stripeOf(story);
    for (const name of ['Beginner', 'Starter', 'Beginner']) {
      await story.post('plans/starter', { name, description: `${name}s pay less.` }, 'PATCH');
      await year.stack.settle();
    }

    const names = (await stripe.products.list({ limit: 100 }, options)).data.map(
      ({ name, description }) => `${name}: ${description}`,
    );
    expect(names).toContain('Beginner: Beginners pay less.');
    expect(names).toHaveLength(3);
  });
});
