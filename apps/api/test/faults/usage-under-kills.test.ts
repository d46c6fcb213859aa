import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@billingos/local-stack/free-port';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ForwardUsage } from '../../src/modules/usage/forward-usage.ts';
import type { Tenant } from '../fixtures/api.ts';
import { faultRounds } from '../fixtures/fault-rounds.ts';
import { type OwnPostgres, startOwnPostgres } from '../fixtures/own-postgres.ts';
import { type ApiProcess, buildApi, runProcess } from '../fixtures/process.ts';
import { startProxy } from '../fixtures/proxy.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';
import { deliveriesOf, findings, loseAnswer, sendAll, uniqueEvents } from '../fixtures/usage-load.ts';

// INV-1, INV-2, INV-4, INV-9: whoever dies in between, what was acknowledged counts once, and Stripe is told once.

/** 50,000 events under twenty kills of each; fewer where the test runs with all others. */
const eventsPerRound = faultRounds < 20 ? 1_000 : 2_500;
const eventsForFaulty = 600;
const killsOfFaulty = 1;
const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

let postgres: OwnPostgres;
let stack: TestStack;
let tenant: Tenant;
let instances: Instance[] = [];
const subscribers = ['subscriber-1', 'subscriber-2', 'subscriber-3', 'subscriber-4'];

beforeAll(async () => {
  postgres = await startOwnPostgres();
  stack = await startStack({ database: postgres });
  tenant = await stack.newConnectedTenant();
  await tenant.asServer('POST', 'features', { key: 'tokens', name: 'Tokens', type: 'metered' });
  await tenant.asServer('POST', 'plans', {
    key: 'pro',
    name: 'Pro',
    prices: [{ amount: 900, currency: 'usd', interval: 'month' }],
    features: [{ feature: 'tokens', limit: 1_000_000 }],
  });
  await stack.settle();
  for (const customer of subscribers) {
    await tenant.asServer('POST', 'customers', { external_id: customer });
    await tenant.asServer('POST', 'subscriptions', { customer, plan: 'pro', payment_method: 'pm_card_visa' });
  }
  await stack.settle();
  await stack.stopWorker();
  await buildApi();
  instances = await Promise.all([startInstance(), startInstance()]);
}, 180_000);
afterAll(async () => {
  await Promise.all(instances.map(({ close }) => close()));
  await stack.close();
});

/** What Stripe's meter says of a customer. */
async function onStripe(customer: string): Promise<number> {
  const { stripe, account } = await stack.stripeOf(tenant);
  const meters = await stripe.billing.meters.list({}, { stripeAccount: account });
  const minute = Math.floor(Date.now() / 60_000) * 60;
  const summaries = await stripe.billing.meters.listEventSummaries(
    meters.data.find(({ event_name: name }) => name === 'tokens')?.id ?? '',
    {
      customer: (await tenant.asServer('GET', `customers/${customer}`)).body['stripe_customer_id'],
      start_time: minute - 24 * 3_600,
      end_time: minute + 24 * 3_600,
    },
    { stripeAccount: account },
  );
  return summaries.data.reduce((sum, summary) => sum + summary.aggregated_value, 0);
}

/** An API at an address that stays, whoever answers there. */
interface Instance {
  url: string;
  process: ApiProcess;
  /** How many answers did not reach who was to have them. */
  lostAnswers(): number;
  restart(): Promise<void>;
  close(): Promise<void>;
}

async function startInstance(): Promise<Instance> {
  const API_PORT = String(await freePort());
  const proxy = await startProxy(`http://127.0.0.1:${API_PORT}`);
  const instance: Instance = {
    url: proxy.url,
    process: await runProcess('main', { API_PORT }),
    lostAnswers: proxy.loseAnswers(loseAnswer, 'HTTP/1.1 200'),
    restart: async () => {
      await instance.process.kill();
      instance.process = await runProcess('main', { API_PORT });
    },
    close: async () => {
      await instance.process.kill();
      await proxy.close();
    },
  };
  return instance;
}

/**
 * Sends everything to two instances, and kills one of them and Postgres in turn, each `kills` times, spread over what is sent.
 * Nobody sends on to the next kill before everything is up again from the last: so all come while something is sent.
 */
async function sendUnderKills(
  sender: Tenant,
  { kills, ...what }: { kills: number; count: number; customers: readonly string[] },
) {
  const deliveries = deliveriesOf({ seed, meter: 'tokens', ...what });
  let killed = 0;
  let healing = Promise.resolve();
  const kill = async (number: number): Promise<void> => {
    await (number % 2 === 0 ? instances[(number / 2) % 2]?.restart() : postgres.crash());
  };
  const acknowledged = await sendAll(deliveries, {
    tenant: sender,
    urls: instances.map(({ url }) => url),
    pass: async (share) => {
      const due = Math.min(2 * kills, Math.floor(share * (2 * kills + 1)));
      while (killed < due) {
        await healing;
        if (killed < due) {
          healing = kill(killed++);
        }
      }
    },
  });
  await healing;
  expect(killed).toBe(2 * kills);
  return { deliveries, acknowledged };
}

const patience = { timeout: 120_000 * faultRounds };

describe('usage events', patience, () => {
  it('count once each, whoever is killed while they are sent, and Stripe knows them all', async () => {
    const count = eventsPerRound * faultRounds;
    let isSending = true;
    const forwarding = (async () => {
      while (isSending) {
        await stack.app
          .get(ForwardUsage)
          .run()
          .catch(() => undefined);
        await sleep(200);
      }
    })();

    const startedAt = Date.now();
    const { deliveries, acknowledged } = await sendUnderKills(tenant, {
      kills: faultRounds,
      count,
      customers: [...subscribers, 'walk-in-1', 'walk-in-2'],
    });
    const lostAnswers = instances.reduce((sum, instance) => sum + instance.lostAnswers(), 0);
    isSending = false;
    await forwarding;
    // What was under way when Postgres died is claimed again after its lease.
    for (const minutes of [3, 6]) {
      stack.setTime(new Date(Date.now() + minutes * 60_000));
      await stack.app.get(ForwardUsage).run();
    }
    stack.setTime(new Date());

    const message = `Run again with TEST_SEED=${seed}`;
    const { owner } = postgres;
    expect(await findings(owner, tenant.environment_id, { deliveries, acknowledged }), message).toEqual([]);
    const events = uniqueEvents(deliveries);
    expect(events).toHaveLength(count);
    expect(acknowledged.size, message).toBe(count);
    expect(lostAnswers / deliveries.length, message).toBeGreaterThan(0.05);
    for (const customer of subscribers) {
      const ours = events.filter((event) => event.customer === customer);
      const sum = ours.reduce((total, { value }) => total + value, 0);
      expect(await onStripe(customer), `${customer}. ${message}`).toBe(sum);
    }
    const seconds = Math.round((Date.now() - startedAt) / 1_000);
    process.stdout.write(
      `usage-under-kills: TEST_SEED=${seed}, ${count} events in ${deliveries.length} requests, ${lostAnswers} answers lost, ` +
        `API and Postgres killed ${faultRounds} times each, ${seconds} s\n`,
    );
  });
});

describe('this test', patience, () => {
  /** Replaces parts of the functions that record usage, for as long as `work` takes. Each part must be there. */
  async function withFaulty(change: (name: string, source: string) => string, work: () => Promise<void>) {
    const { rows } = await postgres.owner.query<{ name: string; source: string }>(
      `select proname as name, pg_get_functiondef(oid) as source from pg_proc
       where pronamespace = 'app'::regnamespace and proname in ('record_usage', 'record_unusual_usage')`,
    );
    expect(rows).toHaveLength(2);
    for (const { name, source } of rows) {
      const changed = change(name, source);
      expect(changed).not.toBe(source);
      await postgres.owner.query(changed);
    }
    try {
      await work();
    } finally {
      for (const { source } of rows) {
        await postgres.owner.query(source);
      }
    }
  }

  async function foundBySending(): Promise<string[]> {
    const sender = await stack.newTenant();
    await sender.asServer('POST', 'meters', { key: 'tokens', name: 'Tokens', aggregation: 'sum' });
    const sent = await sendUnderKills(sender, {
      kills: killsOfFaulty,
      count: eventsForFaulty,
      customers: ['user_1', 'user_2'],
    });
    return findings(postgres.owner, sender.environment_id, sent);
  }

  it('finds a total that is read and then written', async () => {
    const atomic = 'set value = usage_records.value + excluded.value';
    const readBefore = `set value = excluded.value + coalesce((
      select r.value from public.usage_records r
      where r.environment_id = excluded.environment_id and r.customer_id = excluded.customer_id
        and r.meter_id = excluded.meter_id and r.period_start = excluded.period_start), 0)`;
    await withFaulty(
      (_, source) => source.replace(atomic, readBefore),
      async () => {
        expect(await foundBySending()).toContainEqual(expect.stringContaining('total of user_'));
      },
    );
  });

  it('finds a key that is looked up and then inserted', async () => {
    const atomic = /order by i\.env, i\.key, i\.pos\s+on conflict on constraint usage_keys_pkey do nothing/;
    const lookedUp = `not exists (
      select from public.usage_keys u where u.environment_id = i.env and u.key = i.key)`;
    // Which events are new is asked in a way that bears a key that is there twice.
    const oneOfAKey = 'target_environments[i.target] and u.key = i.key limit 1';
    const anyOfAKey = oneOfAKey.replace('limit 1', 'order by u.event_id <> i.event_id limit 1');
    await postgres.owner.query('alter table usage_keys drop constraint usage_keys_pkey');
    await withFaulty(
      (name, source) =>
        source
          .replace(atomic, `${name === 'record_usage' ? 'where' : 'and'} ${lookedUp}`)
          .replace(oneOfAKey, anyOfAKey),
      async () => {
        expect(await foundBySending()).toContainEqual(expect.stringContaining('stored twice'));
      },
    );
  });
});
