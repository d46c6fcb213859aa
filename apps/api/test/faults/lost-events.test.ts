import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Reconcile } from '../../src/modules/reconciliation/reconcile.ts';
import { ListEvents } from '../../src/modules/webhooks/list-events.ts';
import type { Json, Tenant } from '../fixtures/api.ts';
import { faultRounds } from '../fixtures/fault-rounds.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

// INV-25. Every twentieth event is lost on its way; one round of fetching what is missing and one reconciliation later we
// say what Stripe says.

const day = 24 * 60 * 60;

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
}, 120_000);
afterAll(() => stack.close());

/** For Stripe and for us it is later, and what falls due on Stripe happens. Nothing is looked for. */
async function pass(seconds: number): Promise<void> {
  const until = stack.emulator.now() + seconds;
  stack.emulator.advanceTo(until);
  stack.setTime(new Date(until * 1_000));
  await stack.settle();
}

/** Four months of eight customers, of whom each does something else. */
async function live(tenant: Tenant): Promise<void> {
  const post = async (path: string, body?: object): Promise<Json> => {
    const answer = await tenant.asServer('POST', path, body);
    expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return answer.body;
  };
  await post('features', { key: 'exports', name: 'Exports', type: 'boolean' });
  for (const [key, amount] of [
    ['pro', 1_900],
    ['max', 4_900],
  ] as const) {
    await post('plans', {
      key,
      name: key,
      prices: [{ amount, currency: 'usd', interval: 'month' }],
      features: [{ feature: 'exports' }],
    });
  }
  const { stripe, account } = await stack.stripeOf(tenant);
  const options = { stripeAccount: account };
  const subscriptions: Json[] = [];
  for (let i = 0; i < 8; i += 1) {
    await post('customers', { external_id: `user_${i}` });
    const card = i === 6 ? 'pm_card_createDispute' : 'pm_card_visa';
    subscriptions.push(
      await post('subscriptions', { customer: `user_${i}`, plan: 'pro', payment_method: card }),
    );
  }
  const at = (i: number): string => subscriptions[i]?.['stripe_subscription_id'];
  await stack.settle();
  // All of it on Stripe, so that only events tell.
  await stripe.subscriptions.cancel(at(0), {}, options);
  await stripe.subscriptions.update(at(1), { cancel_at_period_end: true }, options);
  const price = (await tenant.asServer('GET', 'plans/max')).body['prices'][0].stripe_price_id;
  const { items } = await stripe.subscriptions.retrieve(at(2), {}, options);
  await stripe.subscriptions.update(
    at(2),
    { items: [{ id: items.data[0]?.id ?? '', price }], proration_behavior: 'always_invoice' },
    options,
  );
  const poor = await stripe.subscriptions.retrieve(at(3), {}, options);
  const method = await stripe.paymentMethods.attach(
    'pm_card_chargeCustomerFail',
    { customer: typeof poor.customer === 'string' ? poor.customer : poor.customer.id },
    options,
  );
  await stripe.subscriptions.update(at(3), { default_payment_method: method.id }, options);
  await pass(32 * day);
  const [invoice] = (await stripe.invoices.list({ subscription: at(4) }, options)).data;
  await stripe.creditNotes.create({ invoice: invoice?.id ?? '', amount: 500, refund_amount: 500 }, options);
  await pass(31 * day);
  await stripe.subscriptions.cancel(at(5), { prorate: true, invoice_now: true }, options);
  await pass(31 * day);
}

/** The subscriptions and invoices of a tenant, as Stripe has them and as we have them, in the same words. */
async function both(tenant: Tenant): Promise<{ stripes: unknown; ours: unknown }> {
  const { stripe, account } = await stack.stripeOf(tenant);
  const options = { stripeAccount: account };
  const stripes = [];
  for await (const one of stripe.subscriptions.list({ status: 'all', limit: 100 }, options)) {
    stripes.push([one.id, one.status, one.cancel_at !== null, one.items.data[0]?.current_period_end]);
  }
  for await (const one of stripe.invoices.list({ limit: 100 }, options)) {
    stripes.push([one.id, one.status, one.total, one.amount_paid, one.amount_remaining]);
  }
  const { rows } = await stack.database.owner.query<{ one: unknown[] }>(
    `select jsonb_build_array(stripe_subscription_id, status, cancel_at is not null,
              extract(epoch from current_period_end)::bigint) as one
       from subscriptions where environment_id = $1
     union all
     select jsonb_build_array(stripe_invoice_id, status, total, amount_paid, amount_remaining)
       from invoices where environment_id = $1`,
    [tenant.environment_id],
  );
  return { stripes: sorted(stripes), ours: sorted(rows.map(({ one }) => one)) };
}
const sorted = (rows: unknown[][]) =>
  rows.map((row) => JSON.stringify(row)).toSorted((a, b) => (a < b ? -1 : 1));

describe('a history of which every twentieth event is lost', () => {
  it.each(Array.from({ length: faultRounds }, (_, round) => round + 1))(
    'is what Stripe says after missing events were fetched and one reconciliation (round %i)',
    async () => {
      const seed = Number(process.env['FAULT_SEED'] ?? randomInt(1_000_000));
      process.stdout.write(`lost-events: FAULT_SEED=${seed}\n`);
      const tenant = await stack.newConnectedTenant();
      await stack.database.owner.query(
        `update stripe_accounts set events_due_at = 'infinity' where environment_id = $1`,
        [tenant.environment_id],
      );
      stack.emulator.runFaults({ seed, webhooks: [{ kind: 'lose', probability: 0.05 }] });
      await live(tenant);
      const lost = stack.emulator.faultsStruck()['lose'] ?? 0;
      stack.emulator.runFaults({});
      expect(lost, `seed ${seed}`).toBeGreaterThan(5);

      await stack.app.get(ListEvents).list(tenant.environment_id);
      await stack.settle();
      const run = await stack.app.get(Reconcile).start(tenant.environment_id, 'schedule');
      await stack.settle();

      const { ours, stripes } = await both(tenant);
      expect(ours, `seed ${seed}`).toEqual(stripes);
      expect((await tenant.asOwner('GET', `reconciliation/runs/${run}`)).body).toMatchObject({
        state: 'done',
      });
    },
    240_000,
  );
});
