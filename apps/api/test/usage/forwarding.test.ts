import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ForwardUsage } from '../../src/modules/usage/forward-usage.ts';
import type { Json, Tenant } from '../fixtures/api.ts';
import { grant } from '../fixtures/grants.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

const minute = 60_000;
const hour = 60 * minute;

let stack: TestStack;
let tenant: Tenant;
const realTime = new Date();
beforeAll(async () => {
  // The worker's sweep would take what a test wants to look at: each test forwards when it says so.
  stack = await startStack({ worker: false, settings: { USAGE_FORWARD_SECONDS: '60' } });
  tenant = await stack.newConnectedTenant();
  await stack.startWorker();
  await tenant.asServer('POST', 'features', { key: 'tokens', name: 'Tokens', type: 'metered' });
  await tenant.asServer('POST', 'features', {
    key: 'seats',
    name: 'Seats',
    type: 'metered',
    aggregation: 'max',
  });
  await tenant.asServer('POST', 'plans', {
    key: 'pro',
    name: 'Pro',
    prices: [{ amount: 900, currency: 'usd', interval: 'month' }],
    features: [
      { feature: 'tokens', limit: 1_000 },
      { feature: 'seats', limit: 10 },
    ],
  });
  await stack.settle();
  await stack.stopWorker();
});
afterAll(() => stack.close());
afterEach(() => {
  stack.setTime(realTime);
});

/** A customer who is subscribed, and so known to Stripe. */
async function subscriber(name: string): Promise<string> {
  await tenant.asServer('POST', 'customers', { external_id: name, email: `${name}@example.com` });
  const { status } = await tenant.asServer('POST', 'subscriptions', {
    customer: name,
    plan: 'pro',
    payment_method: 'pm_card_visa',
  });
  expect(status).toBe(201);
  return name;
}

let keys = 0;
const track = (customer: string, value: number, occurredAt?: Date, meter = 'tokens') =>
  tenant.asServer('POST', 'usage/track', {
    idempotency_key: `forwarding-${++keys}`,
    customer,
    meter,
    value,
    ...(occurredAt === undefined ? {} : { occurred_at: occurredAt.toISOString() }),
  });

async function correct(customer: string, value: number): Promise<void> {
  const { body } = await tenant.asServer('POST', 'usage/corrections', {
    idempotency_key: `forwarding-${++keys}`,
    customer,
    meter: 'tokens',
    value,
    reason: 'Counted wrongly.',
  });
  expect(body).toMatchObject({ status: 'accepted' });
}

/** Chances that are the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** Forwards as the worker does, `after` milliseconds from now. */
async function forward(after: number): Promise<void> {
  stack.setTime(new Date(Date.now() + after));
  await stack.app.get(ForwardUsage).run();
  stack.setTime(new Date());
}

async function forwardsOf(customer: string): Promise<Json[]> {
  const { rows } = await stack.database.owner.query<Json>(
    `select f.state, f.quantity::float8 as quantity, f.error, f.attempts, f.bucket
     from usage_forwards f join customers c on c.environment_id = f.environment_id and c.id = f.customer_id
     where c.external_id = $1 order by f.bucket, f.id`,
    [customer],
  );
  return rows;
}

async function onStripe(customer: string, key = 'tokens'): Promise<number> {
  const { stripe, account } = await stack.stripeOf(tenant);
  const meter = (await stripe.billing.meters.list({}, { stripeAccount: account })).data.find(
    ({ event_name: name }) => name === key,
  );
  const now = Math.floor(Date.now() / minute) * 60;
  const summaries = await stripe.billing.meters.listEventSummaries(
    meter?.id ?? '',
    {
      customer: (await tenant.asServer('GET', `customers/${customer}`)).body['stripe_customer_id'],
      start_time: now - 40 * 24 * 3_600,
      end_time: now + 24 * 3_600,
    },
    { stripeAccount: account },
  );
  return summaries.data.reduce((sum, summary) => sum + summary.aggregated_value, 0);
}

describe('usage', () => {
  it('reaches Stripe once, added up', async () => {
    const customer = await subscriber('adds-up');
    await Promise.all([5, 7, 30].map((value) => track(customer, value)));
    await forward(2 * minute);
    await forward(3 * minute);
    expect(await onStripe(customer)).toBe(42);
    expect(await forwardsOf(customer)).toMatchObject([{ state: 'sent', quantity: 42, attempts: 1 }]);
  });

  it('that is no sum is told as the value it has, whenever that changed', async () => {
    const customer = await subscriber('peak');
    // Not before the subscription began: the total would be another period's.
    stack.setTime(new Date());
    await track(customer, 3, undefined, 'seats');
    const peak = await track(customer, 8.75, undefined, 'seats');
    await track(customer, 5, undefined, 'seats');
    await forward(2 * minute);
    expect(await onStripe(customer, 'seats')).toBe(8);

    await track(customer, 6, undefined, 'seats');
    await forward(4 * minute);
    expect(await forwardsOf(customer)).toMatchObject([{ state: 'sent', quantity: 8 }]);

    const taken = await tenant.asServer('POST', 'usage/corrections', {
      idempotency_key: 'peak-taken-back',
      event: peak.body['id'],
      reason: 'Counted a test.',
    });
    expect(taken.body['status']).toBe('accepted');
    await forward(6 * minute);
    expect(await onStripe(customer, 'seats')).toBe(6);
    const [first, second] = await forwardsOf(customer);
    expect([first?.['quantity'], second?.['quantity']]).toEqual([8, 6]);
    expect(second?.['bucket'].getTime()).toBeGreaterThan(first?.['bucket'].getTime());
  });

  it('of fractions reaches Stripe in whole units, whenever they were used, and nothing is lost', async () => {
    const customer = await subscriber('fractions');
    // Before the subscription began: the period before, as Stripe sees it too.
    await track(customer, 0.25, new Date(Date.now() - 2 * hour));
    for (let i = 0; i < 10; i++) {
      // Every value in a minute of its own, as an application that is used all the time reports it.
      await track(customer, 0.3, new Date(Date.now() + i * 25_000));
    }
    await forward(10 * minute);
    await forward(11 * minute);
    const forwards = await forwardsOf(customer);
    const sum = (state: string) =>
      forwards.filter((row) => row['state'] === state).reduce((total, row) => total + row['quantity'], 0);
    expect(sum('sent') + sum('open')).toBeCloseTo(3.25, 9);
    expect(sum('sent')).toBe(3);
    expect(await onStripe(customer)).toBe(3);
  });

  it('that was taken back after Stripe was told is taken off there, to the unit', async () => {
    const customer = await subscriber('taken-back');
    stack.setTime(new Date());
    await track(customer, 42);
    await forward(2 * minute);
    expect(await onStripe(customer)).toBe(42);

    await correct(customer, -10);
    await forward(4 * minute);
    expect(await onStripe(customer)).toBe(32);
    // Of 31.5 Stripe is told 31, and of 31.75 too.
    await correct(customer, -0.5);
    await forward(6 * minute);
    expect(await onStripe(customer)).toBe(31);
    await correct(customer, 0.25);
    await forward(8 * minute);
    expect(await onStripe(customer)).toBe(31);
    await track(customer, 0.25);
    // Fractions are looked at every hour.
    await forward(80 * minute);
    expect(await onStripe(customer)).toBe(32);
    // All of it, before it was told: nothing is left to be told.
    await correct(customer, -32);
    await track(customer, 5);
    await correct(customer, -5);
    await forward(90 * minute);
    await forward(100 * minute);
    expect(await onStripe(customer)).toBe(0);
    expect((await forwardsOf(customer)).filter(({ state }) => state !== 'sent')).toEqual([]);
  });

  it('and corrections in any order come to whole units of what is left', async () => {
    const seed = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);
    const draw = seeded(seed);
    const customer = await subscriber(`any-order-${seed}`);
    stack.setTime(new Date());
    let thousandths = 0;
    for (let step = 1; step <= 40; step++) {
      const amount = Math.floor(draw() * 3_000);
      if (draw() < 0.4 && thousandths >= amount) {
        await correct(customer, -amount / 1_000);
        thousandths -= amount;
      } else {
        await track(customer, amount / 1_000);
        thousandths += amount;
      }
      if (draw() < 0.3) {
        await forward(step * minute);
      }
    }
    await forward(110 * minute);
    await forward(180 * minute);
    expect(await onStripe(customer), `seed ${seed}`).toBe(Math.floor(thousandths / 1_000));
  });

  it('that is no sum arrives in the order it was, also where an answer was lost', async () => {
    const customer = await subscriber('in-order');
    stack.setTime(new Date());
    await track(customer, 3, undefined, 'seats');
    stack.emulator.runFaults({
      requests: [{ kind: 'rate_limit', path: '/v1/billing/meter_events' }],
    });
    await forward(2 * minute);
    stack.emulator.runFaults({});
    // The first waits for another attempt, and the newer one behind it.
    await track(customer, 7, undefined, 'seats');
    await forward(2.5 * minute);
    expect((await forwardsOf(customer)).map(({ state, quantity }) => [state, quantity])).toEqual([
      ['sending', 3],
      ['open', 7],
    ]);
    await forward(5 * minute);
    await forward(6 * minute);
    expect((await forwardsOf(customer)).map(({ state, quantity }) => [state, quantity])).toEqual([
      ['sent', 3],
      ['sent', 7],
    ]);
    expect(await onStripe(customer, 'seats')).toBe(7);
  });

  it('of the first minute of a subscription is told in the period that began in it', async () => {
    const customer = 'first-minute';
    await tenant.asServer('POST', 'customers', { external_id: customer });
    await stack.database.owner.query(
      `update customers set stripe_customer_id = 'cus_first_minute' where external_id = $1`,
      [customer],
    );
    const began = new Date(Math.floor(Date.now() / minute) * minute - 2 * minute + 15_000);
    await grant(stack, tenant, { customer, feature: 'tokens', limit: 10, anchor: began });
    await track(customer, 1, new Date(began.getTime() + 5_000));
    expect(await forwardsOf(customer)).toMatchObject([{ bucket: began }]);
    await stack.database.owner.query(`delete from usage_forwards where bucket = $1`, [began]);
  });

  it('counts once on Stripe when the answer to it was lost', async () => {
    const customer = await subscriber('lost-answer');
    await track(customer, 9);
    const held = stack.emulator.hold({ method: 'POST', path: '/v1/billing/meter_events', phase: 'after' });
    const lost = forward(2 * minute);
    await held.caught;
    // Meanwhile the lease of the process that got no answer runs out, and another one sends it again.
    await forward(10 * minute);
    held.release();
    await lost;
    expect(await onStripe(customer)).toBe(9);
    expect(await forwardsOf(customer)).toMatchObject([{ state: 'sent', quantity: 9, attempts: 2 }]);
  });

  // INV-9
  it('counts once on Stripe through everything that goes wrong on the way there, again and again', async () => {
    const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    const random = seeded(seed);
    const customers = await Promise.all(['storm-1', 'storm-2', 'storm-3'].map((name) => subscriber(name)));
    const sums = new Map<string, number>();
    for (const customer of customers) {
      const events = Array.from({ length: 60 }, (_, index) => ({
        idempotency_key: `storm-${++keys}`,
        customer,
        meter: 'tokens',
        value: Math.floor(random() * 100),
        occurred_at: new Date(Date.now() - index * minute).toISOString(),
      }));
      const { status } = await tenant.asServer('POST', 'usage/track', { events });
      expect(status).toBe(200);
      sums.set(
        customer,
        events.reduce((sum, { value }) => sum + value, 0),
      );
    }
    const path = '/v1/billing/meter_events';
    stack.emulator.runFaults({
      seed,
      requests: [
        // Each such answer is waited for until the client gives up.
        { kind: 'apply_then_timeout', path, probability: 0.1, times: 2 },
        { kind: 'duplicate_identifier', path, probability: 0.1 },
        { kind: 'rate_limit', path, probability: 0.1 },
        { kind: 'server_error', path, probability: 0.1 },
        { kind: 'server_error', path, probability: 0.1, applied: true },
        { kind: 'drop_after_apply', path, probability: 0.1 },
      ],
    });
    for (let round = 1; round <= 8; round++) {
      await forward(round * 3 * minute);
    }
    const struck = stack.emulator.faultsStruck();
    stack.emulator.runFaults({});
    for (let round = 9; round <= 11; round++) {
      await forward(round * 3 * minute);
    }

    expect(Object.values(struck).reduce((sum, times) => sum + times, 0)).toBeGreaterThan(60);
    for (const customer of customers) {
      const states = new Set((await forwardsOf(customer)).map(({ state }) => state));
      expect(states, `seed ${seed}`).toEqual(new Set(['sent']));
      expect(await onStripe(customer), `seed ${seed}`).toBe(sums.get(customer));
    }
  });

  // INV-10
  it('is not sent again 20 hours after its first attempt: a person has to compare', async () => {
    const customer = await subscriber('too-late');
    await track(customer, 3);
    await stack.database.owner.query(
      `update usage_forwards f set state = 'sending', first_attempt_at = now() - interval '20 hours', due_at = now()
       from customers c where c.id = f.customer_id and c.external_id = $1`,
      [customer],
    );
    await forward(minute);
    expect(await forwardsOf(customer)).toMatchObject([
      { state: 'needs_reconcile', error: expect.stringMatching(/20 h/) },
    ]);
    expect(await onStripe(customer)).toBe(0);
  });

  it('that Stripe refuses is kept with the reason', async () => {
    const customer = await subscriber('refused');
    await track(customer, 3);
    await stack.database.owner.query(
      `update customers set stripe_customer_id = 'cus_gone' where external_id = $1`,
      [customer],
    );
    await forward(2 * minute);
    expect(await forwardsOf(customer)).toMatchObject([
      { state: 'needs_reconcile', quantity: 3, error: expect.stringMatching(/Stripe refused/) },
    ]);
  });

  // Last, because it moves Stripe's clock.
  it('of a time that Stripe’s clock has not come to waits until it has', async () => {
    const customer = await subscriber('ahead');
    const ahead = 10 * minute;
    stack.setTime(new Date(Date.now() + ahead));
    await track(customer, 4);
    await forward(ahead + 2 * minute);
    expect(await forwardsOf(customer)).toMatchObject([{ state: 'sending' }]);

    stack.emulator.advanceTo((Date.now() + ahead) / 1_000);
    await forward(ahead + 4 * minute);
    expect(await forwardsOf(customer)).toMatchObject([{ state: 'sent', quantity: 4 }]);
    expect(await onStripe(customer)).toBe(4);
  });
});
