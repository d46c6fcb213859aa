import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../emulator.ts';
import { clientOf, customerWithCard } from '../test-client.ts';

let emulator: Emulator;
let stripe: Stripe;

beforeAll(async () => {
  emulator = await startEmulator();
  stripe = clientOf(emulator);
});
afterAll(() => emulator.close());

describe('products', () => {
  it('can come with a first price and an id of ours', async () => {
    const product = await stripe.products.create({
      id: 'plan_pro_v1',
      name: 'Pro',
      default_price_data: { currency: 'usd', unit_amount: 900, recurring: { interval: 'year' } },
      expand: ['default_price'],
    });

    expect(product).toMatchObject({
      id: 'plan_pro_v1',
      default_price: { unit_amount: 900, product: 'plan_pro_v1' },
    });
    await expect(stripe.products.create({ id: 'plan_pro_v1', name: 'Again' })).rejects.toMatchObject({
      code: 'resource_already_exists',
    });
  });

  it('can be archived, and deleted only without prices', async () => {
    const { id } = await stripe.products.create({ name: 'Old' });
    await stripe.products.update(id, { active: false, metadata: { why: 'replaced' } });
    expect((await stripe.products.list({ active: false })).data.map((product) => product.id)).toContain(id);

    await stripe.prices.create({ product: id, currency: 'usd', unit_amount: 1 });
    await expect(stripe.products.del(id)).rejects.toThrow(/one or more user-created prices/);
    const empty = await stripe.products.create({ name: 'Empty' });
    expect(await stripe.products.del(empty.id)).toMatchObject({ deleted: true });
    expect(await stripe.products.retrieve(empty.id)).toMatchObject({ deleted: true });
  });
});

describe('prices', () => {
  it('keep fractions of a cent exactly', async () => {
    const price = await stripe.prices.create({
      currency: 'USD',
      unit_amount_decimal: Stripe.Decimal.from('0.0125'),
      product_data: { name: 'Tokens' },
    });

    expect(price).toMatchObject({ currency: 'usd', unit_amount: null, type: 'one_time' });
    expect(price.unit_amount_decimal?.toString()).toBe('0.0125');
  });

  it('hold a lookup key that another price takes over only on purpose', async () => {
    const price = (transfer: boolean) =>
      stripe.prices.create({
        currency: 'usd',
        unit_amount: 5,
        lookup_key: 'pro_monthly',
        transfer_lookup_key: transfer,
        product_data: { name: 'Keyed' },
      });
    const first = await price(false);
    await expect(price(false)).rejects.toMatchObject({ code: 'resource_already_exists' });
    const second = await price(true);

    expect((await stripe.prices.list({ lookup_keys: ['pro_monthly'] })).data.map(({ id }) => id)).toEqual([
      second.id,
    ]);
    expect((await stripe.prices.retrieve(first.id)).lookup_key).toBeNull();
  });

  it('by usage need a meter', async () => {
    await expect(
      stripe.prices.create({
        currency: 'usd',
        unit_amount: 1,
        recurring: { interval: 'month', usage_type: 'metered' },
        product_data: { name: 'Unmetered' },
      }),
    ).rejects.toMatchObject({ param: 'recurring[meter]' });
  });

  it('need an amount, and tiers when tiered', async () => {
    const create = (params: Partial<Stripe.PriceCreateParams>) =>
      stripe.prices.create({ currency: 'usd', product_data: { name: 'P' }, ...params });

    await expect(create({})).rejects.toMatchObject({ param: 'unit_amount' });
    await expect(create({ billing_scheme: 'tiered' })).rejects.toMatchObject({ param: 'tiers' });
  });
});

describe('entitlements', () => {
  it('follow the subscription that grants them', async () => {
    const feature = await stripe.entitlements.features.create({ name: 'Exports', lookup_key: 'exports' });
    const product = await stripe.products.create({ name: 'With exports' });
    await stripe.products.createFeature(product.id, { entitlement_feature: feature.id });
    const price = await stripe.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount: 100,
      recurring: { interval: 'month' },
    });
    const customer = await customerWithCard(stripe);
    const active = async () =>
      (await stripe.entitlements.activeEntitlements.list({ customer: customer.id })).data;
    expect(await active()).toEqual([]);

    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    expect(await active()).toMatchObject([{ feature: feature.id, lookup_key: 'exports' }]);
    await stripe.subscriptions.cancel(id);

    expect(await active()).toEqual([]);
    const events = await stripe.events.list({ type: 'entitlements.active_entitlement_summary.updated' });
    expect(events.data.map(({ data }) => data.object)).toMatchObject([
      { customer: customer.id, entitlements: { data: [] } },
      { customer: customer.id, entitlements: { data: [{ lookup_key: 'exports' }] } },
    ]);
  });

  it('of a feature attached later arrive with the next period', async () => {
    const own = await startEmulator();
    const client = clientOf(own);
    const customer = await customerWithCard(client);
    const product = await client.products.create({ name: 'Growing' });
    const price = await client.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount: 100,
      recurring: { interval: 'month' },
    });
    await client.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    const feature = await client.entitlements.features.create({ name: 'New', lookup_key: 'new' });
    await client.products.createFeature(product.id, { entitlement_feature: feature.id });
    const held = async () =>
      (await client.entitlements.activeEntitlements.list({ customer: customer.id })).data.length;

    expect(await held()).toBe(0);
    own.advanceTo(own.now() + 32 * 86_400);
    expect(await held()).toBe(1);
    await own.close();
  });

  it('have one active feature for a lookup key', async () => {
    const feature = await stripe.entitlements.features.create({ name: 'A', lookup_key: 'unique' });
    await expect(
      stripe.entitlements.features.create({ name: 'B', lookup_key: 'unique' }),
    ).rejects.toMatchObject({
      param: 'lookup_key',
    });
    await stripe.entitlements.features.update(feature.id, { active: false });

    expect((await stripe.entitlements.features.create({ name: 'B', lookup_key: 'unique' })).active).toBe(
      true,
    );
    expect(
      (await stripe.entitlements.features.list({ lookup_key: 'unique', archived: true })).data,
    ).toMatchObject([{ name: 'A' }]);
  });

  it('can be taken off a product', async () => {
    const feature = await stripe.entitlements.features.create({ name: 'Gone', lookup_key: 'gone' });
    const product = await stripe.products.create({ name: 'P' });
    const attached = await stripe.products.createFeature(product.id, { entitlement_feature: feature.id });
    expect((await stripe.products.listFeatures(product.id)).data).toMatchObject([
      { entitlement_feature: { id: feature.id } },
    ]);

    await stripe.products.deleteFeature(product.id, attached.id);
    expect((await stripe.products.listFeatures(product.id)).data).toEqual([]);
  });
});
