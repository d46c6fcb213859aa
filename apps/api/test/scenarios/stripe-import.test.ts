import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

/** A merchant who sold on Stripe before they came here. */
async function soldBefore(): Promise<Tenant> {
  const tenant = await stack.newConnectedTenant();
  const { stripe, account } = await stack.stripeOf(tenant);
  const options = { stripeAccount: account };
  const pro = await stripe.products.create({ name: 'Pro Plan' }, options);
  const monthly = await stripe.prices.create(
    { product: pro.id, currency: 'usd', unit_amount: 1_900, recurring: { interval: 'month' } },
    options,
  );
  await stripe.prices.create(
    { product: pro.id, currency: 'usd', unit_amount: 19_000, recurring: { interval: 'year' } },
    options,
  );
  // A second monthly price, and one that is paid once: both are left out.
  const dearer = await stripe.prices.create(
    { product: pro.id, currency: 'usd', unit_amount: 2_900, recurring: { interval: 'month' } },
    options,
  );
  await stripe.prices.create({ product: pro.id, currency: 'usd', unit_amount: 500 }, options);
  const meter = await stripe.billing.meters.create(
    {
      display_name: 'Calls',
      event_name: 'api_calls',
      default_aggregation: { formula: 'sum' },
      customer_mapping: { type: 'by_id', event_payload_key: 'stripe_customer_id' },
      value_settings: { event_payload_key: 'value' },
    },
    options,
  );
  const usage = await stripe.products.create({ name: 'Pay as you go' }, options);
  await stripe.prices.create(
    {
      product: usage.id,
      currency: 'usd',
      billing_scheme: 'tiered',
      tiers_mode: 'graduated',
      tiers: [
        { up_to: 1_000, unit_amount: 0 },
        { up_to: 'inf', unit_amount: 2 },
      ],
      recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
    },
    options,
  );
  await stripe.products.create({ name: 'Sticker' }, options);
  const buy = async (email: string, metadata: Record<string, string>, price?: string) => {
    const customer = await stripe.customers.create({ email, name: 'Ada', metadata }, options);
    if (price !== undefined) {
      const card = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id }, options);
      await stripe.subscriptions.create(
        { customer: customer.id, items: [{ price }], default_payment_method: card.id },
        options,
      );
    }
  };
  await buy('ada@example.com', { user_id: 'user_1' }, monthly.id);
  await buy('grace@example.com', { external_id: 'user_2' }, dearer.id);
  await buy('alan@example.com', {});
  await stack.settle();
  return tenant;
}

async function imported(tenant: Tenant, wish: Json): Promise<Json> {
  const started = await tenant.asOwner('POST', 'stripe-imports', wish);
  expect(started.status).toBe(201);
  await stack.settle();
  return (await tenant.asOwner('GET', `stripe-imports/${started.body['id']}`)).body;
}

const rows = async (tenant: Tenant): Promise<Json | undefined> => {
  const count = (table: string) =>
    `(select count(*)::int from ${table} where environment_id = $1) as ${table}`;
  const { rows: found } = await stack.database.owner.query<Json>(
    `select ${['plans', 'plan_versions', 'prices', 'meters', 'features', 'customers', 'subscriptions'].map(count).join(', ')}`,
    [tenant.environment_id],
  );
  return found[0];
};

describe('an existing Stripe account', () => {
  it('becomes plans, customers and subscriptions, after a rehearsal that writes nothing and says the same', async () => {
    const tenant = await soldBefore();
    const none = {
      plans: 0,
      plan_versions: 0,
      prices: 0,
      meters: 0,
      features: 0,
      customers: 0,
      subscriptions: 0,
    };
    expect(await rows(tenant)).toEqual(none);

    const rehearsal = await imported(tenant, {});
    expect(rehearsal).toMatchObject({ dry_run: true, state: 'done' });
    expect(await rows(tenant)).toEqual(none);

    const first = await imported(tenant, { dry_run: false });
    expect(first).toMatchObject({
      state: 'done',
      counts: {
        // Pro and Pay as you go; the sticker has no price.
        product: { create: 2, link: 0, exists: 0, skip: 1 },
        // Monthly, yearly and by use; the second monthly one and the one paid once are left out.
        price: { create: 3, link: 0, exists: 0, skip: 2 },
        customer: { create: 3, link: 0, exists: 0, skip: 0 },
        // Of the price that was left out, too.
        subscription: { create: 1, link: 0, exists: 0, skip: 1 },
      },
    });
    expect(rehearsal['counts']).toEqual(first['counts']);
    const skipped = await tenant.asOwner('GET', `stripe-imports/${first['id']}/items?outcome=skip`);
    expect(skipped.body['data'].map(({ kind, reason }: Json) => `${kind}: ${reason}`).toSorted()).toEqual([
      'price: It is paid once. Plans have recurring prices.',
      'price: The product has an older price for the same currency, interval and purpose.',
      'product: None of its prices can be taken over.',
      'subscription: None of its prices is one of a plan.',
    ]);

    const plan = (await tenant.asServer('GET', 'plans/pro-plan')).body;
    expect(plan).toMatchObject({
      name: 'Pro Plan',
      prices: [
        { type: 'flat', amount: { amount: 1_900, currency: 'usd' }, interval: 'month' },
        { type: 'flat', amount: { amount: 19_000, currency: 'usd' }, interval: 'year' },
      ],
    });
    expect((await tenant.asServer('GET', 'plans/pay-as-you-go')).body['prices']).toMatchObject([
      {
        type: 'graduated',
        feature: 'api_calls',
        tiers: [{ up_to: 1_000 }, { up_to: null, unit_amount: '2' }],
      },
    ]);
    expect((await tenant.asServer('GET', 'customers/user_1')).body).toMatchObject({
      name: 'Ada',
      email: 'ada@example.com',
      stripe_customer_id: expect.stringMatching(/^cus_/),
    });
    expect((await tenant.asServer('GET', 'subscriptions?customer=user_1')).body['data']).toMatchObject([
      { status: 'active', plan: { key: 'pro-plan' } },
    ]);
  }, 90_000);

  it('is taken over once: again changes nothing, here or on Stripe', async () => {
    const tenant = await soldBefore();
    await imported(tenant, { dry_run: false });
    await stack.settle();
    const before = await rows(tenant);
    const { stripe, account } = await stack.stripeOf(tenant);
    const products = await stripe.products.list({}, { stripeAccount: account });
    stack.emulator.forgetRequests();

    const second = await imported(tenant, { dry_run: false });

    expect(second['counts']).toMatchObject({
      product: { create: 0, exists: 2, skip: 1 },
      price: { create: 0, exists: 3, skip: 2 },
      customer: { create: 0, exists: 3 },
      subscription: { create: 0, exists: 1, skip: 1 },
    });
    expect(await rows(tenant)).toEqual(before);
    expect(stack.emulator.requests().filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(await stripe.products.list({}, { stripeAccount: account })).toEqual(products);
    // What is here and what is there are the same to the reconciliation too.
    await tenant.asOwner('POST', 'reconciliation/runs');
    await stack.settle();
    const runs = await tenant.asOwner('GET', 'reconciliation/runs');
    expect(runs.body['data'][0]['state']).toBe('done');
  }, 90_000);

  it('links a customer of ours who has the own id already, and refuses a second import at once', async () => {
    const tenant = await soldBefore();
    const { body: known } = await tenant.asServer('POST', 'customers', { external_id: 'user_1' });
    await stack.stopWorker();
    const started = await tenant.asOwner('POST', 'stripe-imports', { dry_run: false });
    const refused = await tenant.asOwner('POST', 'stripe-imports', {});
    expect(refused.body['error'].code).toBe('stripe_import_under_way');
    await stack.startWorker();
    await stack.settle();

    const { body } = await tenant.asOwner('GET', `stripe-imports/${started.body['id']}`);
    expect(body['counts'].customer).toMatchObject({ create: 2, link: 1 });
    const { body: customer } = await tenant.asServer('GET', 'customers/user_1');
    expect(customer).toMatchObject({ id: known['id'], stripe_customer_id: expect.stringMatching(/^cus_/) });
  }, 90_000);
});
