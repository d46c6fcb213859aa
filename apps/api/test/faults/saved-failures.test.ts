import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultScript } from '@billingos/stripe-emulator';
import { ListEvents } from '../../src/modules/webhooks/list-events.ts';
import type { Json, Tenant } from '../fixtures/api.ts';
import { captures, made, openShop, type Shop, standing } from '../fixtures/shop.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

// INV-34. Stripe answers 500, keeps that answer under the idempotency key, and has done what was asked, or not. Every kind
// of call must end so that Stripe and we hold what we hold when nothing goes wrong: no object more, none less.

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack({ webhooks: false });
});
beforeEach(() => {
  stack.emulator.runFaults({});
  struck = 0;
});
afterAll(() => stack.close());

/** Each endpoint that changes something fails once. */
const endpoints = [
  '/v1/customers',
  '/v1/customers/*',
  '/v1/setup_intents',
  '/v1/customers/*/balance_transactions',
  '/v1/payment_methods/*/attach',
  '/v1/subscriptions',
  '/v1/subscriptions/*',
  '/v1/subscription_schedules',
  '/v1/subscription_schedules/*',
  '/v1/checkout/sessions',
  '/v1/invoices',
  '/v1/invoiceitems',
  '/v1/invoices/*/finalize',
  '/v1/invoices/*/void',
  '/v1/refunds',
  '/v1/credit_notes',
];

let struck = 0;

function run(script: FaultScript): void {
  struck += stack.emulator.faultsStruck()['server_error'] ?? 0;
  stack.emulator.runFaults(script);
}

const failOnce = (paths: string[], applied: boolean) =>
  run({
    requests: paths.flatMap((path) =>
      ['POST', 'DELETE'].map((method) => ({
        kind: 'server_error' as const,
        method,
        path,
        applied,
        times: 1,
      })),
    ),
  });
/** Longer than the jobs wait that resume a wish, or a purchase. */
const resumeAfterSeconds = 61;

async function endAll(): Promise<void> {
  run({});
  await stack.settle();
  stack.passTime(resumeAfterSeconds);
  await stack.settle();
  stack.passTime(-resumeAfterSeconds);
}

async function ask({ tenant, requests }: Shop, before: () => void): Promise<void> {
  for (const { method, path, body, isRepeated } of requests) {
    before();
    const { status } = await tenant.asServer(method, path, body);
    if (status === 503) {
      // Nobody repeats what the job ends by itself.
      await endAll();
      if (isRepeated === true) {
        await tenant.asServer(method, path, body);
      }
    }
  }
  await endAll();
}

/**
 * Without payment methods: each time that a test card is named, Stripe makes another one of it. And without what a card could
 * be entered into: a second one that nobody was shown charges nobody.
 */
async function objects(shop: Shop): Promise<Record<string, number>> {
  const { payment_method: _cards, setup_intent: _forms, ...others } = await made(stack, shop);
  return others;
}

describe('a failure that Stripe keeps under the key', () => {
  let undisturbed: { made: Record<string, number>; standing: unknown };
  beforeAll(async () => {
    const shop = await openShop(stack);
    await ask(shop, () => {});
    undisturbed = { made: await objects(shop), standing: await standing(stack, shop) };
  }, 120_000);

  it.each([
    ['had no effect', false],
    ['took effect all the same', true],
  ])('is outlived by everything a merchant asks for: it %s', async (_, applied) => {
    const shop = await openShop(stack);
    await ask(shop, () => failOnce(endpoints, applied));

    expect(struck).toBeGreaterThanOrEqual(15);
    expect(await objects(shop)).toEqual(undisturbed.made);
    expect(await standing(stack, shop)).toEqual(undisturbed.standing);
    expect(Math.max(...(await captures(stack, shop)))).toBe(1);
  });

  it.each([
    ['had no effect', false],
    ['took effect all the same', true],
  ])('leaves one object of each in the catalog: it %s', async (_, applied) => {
    failOnce(['/v1/accounts'], applied);
    const tenant = await stack.newConnectedTenant();
    failOnce(
      [
        '/v1/products',
        '/v1/products/*/features',
        '/v1/products/*',
        '/v1/prices',
        '/v1/billing/meters',
        '/v1/entitlements/features',
        '/v1/coupons',
        '/v1/coupons/*',
      ],
      applied,
    );

    await tenant.asServer('POST', 'features', { key: 'calls', name: 'Calls', type: 'metered' });
    const plan = await tenant.asServer('POST', 'plans', {
      key: 'pro',
      name: 'Pro',
      prices: [
        { amount: 1_900, currency: 'usd', interval: 'month' },
        { type: 'per_unit', feature: 'calls', unit_amount: '0.5', currency: 'usd', interval: 'month' },
      ],
      features: [{ feature: 'calls', limit: 1_000, overage: 'allow' }],
    });
    await tenant.asServer('POST', 'coupons', { key: 'SPRING', name: 'Spring', percent_off: 10 });
    await stack.settle();
    await endAll();

    expect(struck).toBeGreaterThanOrEqual(6);

    const { account, stripe } = await stack.stripeOf(tenant);
    expect(stack.emulator.counts()[`test/${account}`]).toMatchObject({
      product: 1,
      price: 2,
      'billing.meter': 1,
      'entitlements.feature': 1,
      coupon: 1,
    });
    const product =
      plan.body['stripe_product_id'] ??
      (await stripe.products.list({}, { stripeAccount: account })).data[0]?.id;
    const features = await stripe.products.listFeatures(product, {}, { stripeAccount: account });
    expect(features.data).toHaveLength(1);
    expect(await unsettled(tenant)).toEqual([]);
  });

  it.each([
    ['had no effect', false],
    ['took effect all the same', true],
  ])(
    'is outlived by what a merchant says to a dispute, and by refunds of unused time: it %s',
    async (_, applied) => {
      const tenant = await stack.newConnectedTenant();
      await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
      await tenant.asServer('POST', 'plans', {
        key: 'pro',
        name: 'Pro',
        prices: [{ amount: 9_000, currency: 'usd', interval: 'month' }],
        features: [{ feature: 'exports' }],
      });
      const subscribed = async (customer: string, card = 'pm_card_visa'): Promise<Json> => {
        await tenant.asServer('POST', 'customers', { external_id: customer });
        return (
          await tenant.asServer('POST', 'subscriptions', { customer, plan: 'pro', payment_method: card })
        ).body;
      };
      await subscribed('doubts', 'pm_card_createDispute');
      await subscribed('accepted', 'pm_card_createDispute');
      const left = await subscribed('left');
      const stays = await subscribed('stays');
      await tenant.asServer('POST', `subscriptions/${stays['id']}/cancel`, {});
      await stack.settle();
      await stack.app.get(ListEvents).list(tenant.environment_id);
      await stack.settle();
      const disputes: Json[] = (await tenant.asServer('GET', 'disputes')).body['data'];
      expect(disputes).toHaveLength(2);
      const [one, two] = disputes;

      failOnce(['/v1/disputes/*'], applied);
      const evidence = await tenant.asServer('POST', `disputes/${one?.['id']}/evidence`, {
        text: 'winning_evidence',
      });
      failOnce(['/v1/disputes/*/close'], applied);
      const closed = await tenant.asServer('POST', `disputes/${two?.['id']}/close`);
      failOnce(['/v1/credit_notes', '/v1/subscriptions/*'], applied);
      const gone = await tenant.asServer('POST', `subscriptions/${left['id']}/cancel`, {
        when: 'now',
        refund: 'refund',
      });
      failOnce(['/v1/subscriptions/*'], applied);
      const kept = await tenant.asServer('POST', `subscriptions/${stays['id']}/resume`);
      await endAll();

      expect(evidence.body).toMatchObject({ status: 'won', has_evidence: true });
      expect(closed.body).toMatchObject({ status: 'lost' });
      expect([gone.status, kept.status]).toEqual([200, 200]);
      expect(struck).toBeGreaterThanOrEqual(5);
      expect((await tenant.asServer('GET', `subscriptions/${left['id']}`)).body).toMatchObject({
        status: 'canceled',
      });
      expect((await tenant.asServer('GET', `subscriptions/${stays['id']}`)).body).toMatchObject({
        cancel_at: null,
      });
      const { account } = await stack.stripeOf(tenant);
      expect(stack.emulator.counts()[`test/${account}`]).toMatchObject({ credit_note: 1, refund: 1 });
      expect(await unsettled(tenant)).toEqual([]);
    },
  );
});

/** The wishes of a tenant that did not come true. */
async function unsettled(tenant: Tenant): Promise<unknown[]> {
  const { rows } = await stack.database.owner.query(
    `select kind, state, error from stripe_intents where environment_id = $1 and state <> 'succeeded'`,
    [tenant.environment_id],
  );
  return rows;
}
