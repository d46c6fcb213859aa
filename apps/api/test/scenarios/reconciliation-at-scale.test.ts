import { afterAll, beforeAll, expect, it } from 'vitest';
import type Stripe from 'stripe';
import { newId } from '../../src/platform/ids.ts';
import type { Json, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

// RECONCILE_SUBSCRIPTIONS=10000 measures what a merchant of that size takes; every hundredth drifts.
const size = Number(process.env['RECONCILE_SUBSCRIPTIONS'] ?? 300);

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack({ webhooks: false });
});
afterAll(() => stack.close());

const date = (seconds: number) => new Date(seconds * 1_000);

const idOf = (reference: string | { id: string } | null): string =>
  typeof reference === 'string' ? reference : (reference?.id ?? '');

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of list) {
    found.push(one);
  }
  return found;
}

/** So many subscribers on Stripe, and here as they would have been taken over. Returns our ids of the subscriptions. */
async function grown(tenant: Tenant): Promise<string[]> {
  const { asServer, environment_id: environment } = tenant;
  const { owner } = stack.database;
  await asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  const { body: plan } = await asServer('POST', 'plans', {
    key: 'pro',
    name: 'Pro',
    prices: [{ amount: 1_900, currency: 'usd', interval: 'month' }],
    features: [{ feature: 'exports' }],
  });
  await stack.settle();
  const price = (await asServer('GET', 'plans/pro')).body['prices'][0];
  const { stripe, account } = await stack.stripeOf(tenant);
  const customers = Array.from({ length: size }, () => newId('customer'));
  const seeded = stack.emulator.seed({
    account,
    count: size,
    prices: [price.stripe_price_id],
    customer: (index) => ({ metadata: { bos_customer_id: customers[index] ?? '' } }),
  });
  await owner.query(
    `insert into customers (environment_id, id, stripe_customer_id, created_at, updated_at)
     select $1, id, stripe, now(), now() from unnest($2::text[], $3::text[]) as c (id, stripe)`,
    [environment, customers, seeded.map(({ customer }) => customer)],
  );
  const options = { stripeAccount: account };
  const ours = new Map(seeded.map(({ customer }, index) => [customer, customers[index] ?? '']));
  const listed = await all(stripe.subscriptions.list({ limit: 100 }, options));
  const ids = listed.map(() => newId('subscription'));
  const item = (one: Stripe.Subscription) => one.items.data[0];
  await owner.query(
    `insert into subscriptions (environment_id, id, customer_id, plan_id, plan_version_id, "group", status,
       stripe_subscription_id, billing_anchor, current_period_start, current_period_end, created_at, updated_at)
     select $1, id, customer, $2, $3, 'default', 'active', stripe, anchor, since, until, anchor, anchor
     from unnest($4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[])
       as s (id, customer, stripe, anchor, since, until)`,
    [
      environment,
      plan['id'],
      plan['version'].id,
      ids,
      listed.map((one) => ours.get(idOf(one.customer))),
      listed.map((one) => one.id),
      listed.map((one) => date(one.billing_cycle_anchor)),
      listed.map((one) => date(item(one)?.current_period_start ?? 0)),
      listed.map((one) => date(item(one)?.current_period_end ?? 0)),
    ],
  );
  await owner.query(
    `insert into subscription_items (environment_id, id, subscription_id, price_id, quantity, stripe_subscription_item_id)
     select $1, id, subscription, $2, 1, stripe from unnest($3::text[], $4::text[], $5::text[]) as i (id, subscription, stripe)`,
    [
      environment,
      price.id,
      listed.map(() => newId('subscription_item')),
      ids,
      listed.map((one) => item(one)?.id ?? ''),
    ],
  );
  await owner.query(
    `insert into entitlements (environment_id, id, customer_id, feature_id, subscription_id, rank, suspended,
       billing_anchor, interval, interval_count, granted_at)
     select s.environment_id, 'ent_' || s.id, s.customer_id, f.id, s.id, p.rank, false, s.billing_anchor, 'month', 1, now()
     from subscriptions s join features f on f.environment_id = s.environment_id
     join plans p on p.environment_id = s.environment_id and p.id = s.plan_id where s.environment_id = $1`,
    [environment],
  );
  const invoices = await all(stripe.invoices.list({ limit: 100 }, options));
  await owner.query(
    `insert into invoices (environment_id, id, provider, customer_id, stripe_invoice_id, number, status, billing_reason,
       currency, subtotal, discount_total, tax_total, total, amount_due, amount_paid, amount_remaining, period_start,
       period_end, attempt_count, created_at, updated_at)
     select $1, id, 'stripe', customer, stripe, number, 'paid', 'subscription_create', 'usd', 1900, 0, 0, 1900, 1900, 1900, 0,
       now(), now(), attempts, now(), now()
     from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::int[]) as i (id, customer, stripe, number, attempts)`,
    [
      environment,
      invoices.map(() => newId('invoice')),
      invoices.map((one) => ours.get(idOf(one.customer))),
      invoices.map((one) => one.id),
      invoices.map((one) => one.number),
      invoices.map((one) => one.attempt_count),
    ],
  );
  await owner.query('analyze');
  return ids;
}

async function reconciled(tenant: Tenant): Promise<Json> {
  const started = await tenant.asOwner('POST', 'reconciliation/runs');
  const path = `reconciliation/runs/${started.body['id']}`;
  await expect
    .poll(async () => (await tenant.asOwner('GET', path)).body['state'], { timeout: 600_000, interval: 250 })
    .toBe('done');
  return (await tenant.asOwner('GET', path)).body;
}

// INV-25
it(`a reconciliation of ${size} subscriptions finds and repairs every hundredth that drifted, and then finds none`, async () => {
  const tenant = await stack.newConnectedTenant();
  const ids = await grown(tenant);
  expect(await reconciled(tenant)).toMatchObject({ found: 0 });

  const drifted = ids.filter((_, index) => index % 100 === 7);
  await stack.database.owner.query(`update subscriptions set status = 'past_due' where id = any($1)`, [
    drifted,
  ]);
  const first = await reconciled(tenant);
  const second = await reconciled(tenant);

  const seconds = (run: Json) => (Date.parse(run['finished_at']) - Date.parse(run['started_at'])) / 1_000;
  process.stdout.write(
    `reconcile ${size}: found ${first['found']}, repaired ${first['repaired']} in ${seconds(first)} s with ${first['requests']} requests; then found ${second['found']} in ${seconds(second)} s with ${second['requests']}\n`,
  );
  expect(first).toMatchObject({ found: drifted.length, repaired: drifted.length });
  expect(first['checked'].subscriptions).toBe(size);
  expect(second).toMatchObject({ found: 0, repaired: 0 });
  // A request for each hundred of a list, and one for each repair.
  expect(first['requests']).toBeLessThan((3 * size) / 100 + drifted.length + 40);
}, 1_800_000);
