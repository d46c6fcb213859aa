import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaultScript, RequestFaultRule } from '@billingos/stripe-emulator';
import { Redis } from '../../src/platform/redis.ts';
import type { Json, Tenant } from '../fixtures/api.ts';
import { longFaultRounds } from '../fixtures/fault-rounds.ts';
import { buildApi, startProcess } from '../fixtures/process.ts';
import { startProxy } from '../fixtures/proxy.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

// INV-11, INV-34, INV-44. A renewal that waited for the last use of its period is issued by a worker. Whatever that worker
// or Stripe does meanwhile, it is issued once, with all that was used, and paid once.

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const points = [
  'the wish is written, Stripe has not heard of it',
  'Stripe did it, its answer is on the way',
  'Stripe answered, that is not written yet',
  'all is written, the worker did not hear so',
] as const;

interface Merchant {
  stack: TestStack;
  tenant: Tenant;
  customers: string[];
}

async function post({ tenant }: Pick<Merchant, 'tenant'>, path: string, body?: Json): Promise<Json> {
  const answer = await tenant.asServer('POST', path, body);
  expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
}

/** Ten dollars a month and two cents a call, for each customer. */
async function sell(stack: TestStack, customers: string[]): Promise<Merchant> {
  const merchant = { stack, tenant: await stack.newConnectedTenant(), customers };
  await post(merchant, 'features', { key: 'calls', name: 'Calls', type: 'metered' });
  await post(merchant, 'plans', {
    key: 'pro',
    name: 'Pro',
    prices: [
      { amount: 1_000, currency: 'usd', interval: 'month' },
      { type: 'per_unit', unit_amount: '2', feature: 'calls', currency: 'usd', interval: 'month' },
    ],
    features: [{ feature: 'calls', limit: null }],
  });
  for (const customer of customers) {
    await post(merchant, 'customers', { external_id: customer });
    await post(merchant, 'subscriptions', { customer, plan: 'pro', payment_method: 'pm_card_visa' });
  }
  await stack.settle();
  return merchant;
}

/** When the period ends that is under way now. */
async function periodEnd({ tenant }: Merchant): Promise<Date> {
  const { body } = await tenant.asServer('GET', 'subscriptions?limit=1');
  return new Date(body['data'][0].current_period_end);
}

/** What was invoiced for each customer, as Stripe says it and as we do. */
async function invoiced(merchant: Merchant): Promise<{ stripe: unknown; ours: unknown }> {
  const { stripe, account } = await merchant.stack.stripeOf(merchant.tenant);
  const invoices = await stripe.invoices.list({ limit: 100 }, { stripeAccount: account });
  const charges = await stripe.charges.list({ limit: 100 }, { stripeAccount: account });
  const { body } = await merchant.tenant.asServer('GET', 'invoices?limit=100');
  const sorted = (rows: [number, string | null, number][]) => rows.toSorted().map(String);
  return {
    stripe: {
      invoices: sorted(invoices.data.map((one) => [one.total, one.status, one.amount_paid])),
      charged: charges.data.map(({ amount }) => amount).toSorted((a, b) => a - b),
    },
    ours: sorted(
      body['data'].map((one: Json) => [one['total'].amount, one['status'], one['amount_paid'].amount]),
    ),
  };
}

/** A first month and renewals of so many calls, each paid with one charge. */
function once(calls: number[]): { stripe: unknown; ours: unknown } {
  const totals = calls.map((count) => 1_000 + 2 * count);
  const invoices = totals.map((total) => `${total},paid,${total}`).toSorted();
  return { stripe: { invoices, charged: totals.toSorted((a, b) => a - b) }, ours: invoices };
}

async function unsettled({ stack, tenant }: Merchant): Promise<unknown[]> {
  const { rows } = await stack.database.owner.query(
    `select kind, state from stripe_intents where environment_id = $1 and state <> 'succeeded'
     union all select name, state from outbox where environment_id = $1 and state = 'failed'`,
    [tenant.environment_id],
  );
  return rows;
}

describe('a worker is killed while it issues a renewal', () => {
  const cases = Array.from({ length: longFaultRounds }, (_, round) =>
    points.map((point) => ({ round: round + 1, point })),
  ).flat();
  beforeAll(buildApi, 240_000);

  /** Kills a worker at a point, lets another one go on, and says what to look at. */
  async function kill(
    point: (typeof points)[number],
    look: (merchant: Merchant) => Promise<void>,
    faults: FaultScript = {},
  ): Promise<void> {
    // A month and some days ago, so that a worker with the clock of this machine finds the renewal due.
    const stack = await startStack({ startsAt: new Date(Date.now() - 35 * dayMs) });
    const proxy = await startProxy(stack.database.apiUrl);
    try {
      const merchant = await sell(stack, ['ada']);
      await stack.moveTo(new Date(stack.now().getTime() + 5 * dayMs));
      await post(merchant, 'usage/track', {
        idempotency_key: 'used',
        customer: 'ada',
        meter: 'calls',
        value: 10,
      });
      stack.emulator.runFaults(faults);
      const end = await periodEnd(merchant);
      await stack.moveTo(new Date(end.getTime() + 30 * minuteMs));
      // Stripe has not been told of the use yet.
      expect(await invoiced(merchant)).toMatchObject({ ours: ['1000,draft,0', '1000,paid,1000'] });
      await stack.stopWorker();

      const hold = stack.emulator.hold({
        method: 'POST',
        path: '/v1/invoices/*/finalize',
        phase: point === points[0] ? 'before' : 'after',
      });
      const worker = await startProcess('worker', { DATABASE_URL: proxy.url });
      await hold.caught;
      if (point === points[2] || point === points[3]) {
        const count = proxy.holdAt('commit', point === points[2] ? 'before' : 'after');
        hold.release();
        await expect.poll(count, { timeout: 20_000 }).toBeGreaterThan(0);
        // What else it would write at this moment.
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      await worker.kill();
      proxy.cut();
      if (point === points[1]) hold.release();

      // BullMQ's locks of the dead worker run out, and its lease of the draft.
      const redis = stack.app.get(Redis).client;
      const locks = (await redis.keys('{jobs:*')).filter((key) => /:lock$|:stalled-check$/.test(key));
      if (locks.length > 0) await redis.del(...locks);
      stack.setTime(new Date(Date.now() + 10 * minuteMs));
      await stack.startWorker();
      await stack.moveTo(new Date(Date.now() + 15 * minuteMs));
      if (point === points[0]) hold.release();
      // Stripe charges an hour after it was finalized.
      await stack.moveTo(new Date(Date.now() + 90 * minuteMs));
      await stack.moveTo(new Date(Date.now() + 180 * minuteMs));

      await look(merchant);
    } finally {
      await proxy.close();
      await stack.close();
    }
  }

  it.each(cases)('round $round: $point', { timeout: 240_000 }, ({ point }) =>
    kill(point, async (merchant) => {
      expect(await invoiced(merchant)).toEqual(once([0, 10]));
      expect(await unsettled(merchant)).toEqual([]);
    }),
  );

  it('without all of its usage, and somebody is told so', { timeout: 240_000 }, () =>
    // Three days are over in which Stripe took none of it.
    kill(
      points[3],
      async (merchant) => {
        expect(await invoiced(merchant)).toEqual(once([0, 0]));
        const { body } = await merchant.tenant.asOwner('GET', 'alerts?state=open');
        expect(body['data'].map((alert: Json) => alert['kind'])).toContain('invoice.usage_incomplete');
      },
      { requests: [{ kind: 'rate_limit', path: '/v1/billing/meter_events' }] },
    ),
  );
});

describe('Stripe fails at random while renewals are issued', () => {
  const customers = ['ada', 'bob', 'eve', 'ivy'];
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startStack({ startsAt: new Date('2027-01-01T00:00:00Z') });
  }, 120_000);
  afterAll(() => stack.close());

  const failures: Omit<RequestFaultRule, 'path'>[] = [
    { kind: 'server_error', probability: 0.15 },
    { kind: 'server_error', applied: true, probability: 0.15 },
    { kind: 'drop_after_apply', probability: 0.15 },
    { kind: 'rate_limit', probability: 0.15 },
  ];

  it('and each is issued once, with all that was used', async () => {
    const seed = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);
    const merchant = await sell(stack, customers);
    // The first invoice of each is without any.
    const used = customers.map(() => 0);
    let struck = 0;

    for (let month = 0; month < longFaultRounds; month++) {
      const end = await periodEnd(merchant);
      const after = (minutes: number) => stack.moveTo(new Date(end.getTime() + minutes * minuteMs));
      await after(-60);
      for (const [index, customer] of customers.entries()) {
        const value = 10 + month + index;
        used.push(value);
        await post(merchant, 'usage/track', {
          idempotency_key: `${customer}-${month}`,
          customer,
          meter: 'calls',
          value,
        });
      }
      stack.emulator.runFaults({
        seed: seed + month,
        requests: failures.map((failure) => ({ ...failure, path: '/v1/invoices/*' })),
      });
      for (const minutes of [1, 10, 30, 45, 63, 66, 69, 73, 80, 90]) {
        await after(minutes);
      }
      struck += Object.values(stack.emulator.faultsStruck()).reduce((sum, count) => sum + count, 0);
      stack.emulator.runFaults({});
      for (const minutes of [120, 180, 250]) {
        await after(minutes);
      }
    }

    expect(struck, `seed ${seed}`).toBeGreaterThan(0);
    expect(await invoiced(merchant), `seed ${seed}`).toEqual(once(used));
    expect(await unsettled(merchant), `seed ${seed}`).toEqual([]);
    expect((await merchant.tenant.asOwner('GET', 'alerts?state=open')).body['data']).toEqual([]);
  }, 400_000);
});
