import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Json, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack, webhookSecret } from '../fixtures/stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

async function seller(): Promise<Tenant> {
  const tenant = await stack.newConnectedTenant();
  await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  await tenant.asServer('POST', 'plans', {
    key: 'pro',
    name: 'Pro',
    prices: [{ amount: 1_900, currency: 'usd', interval: 'month' }],
    features: [{ feature: 'exports' }],
  });
  await tenant.asServer('POST', 'customers', { external_id: 'user_1' });
  return tenant;
}

async function subscribe(tenant: Tenant): Promise<Json> {
  const body = { customer: 'user_1', plan: 'pro', payment_method: 'pm_card_visa' };
  const { status, body: subscription } = await tenant.asServer('POST', 'subscriptions', body);
  expect(status).toBe(201);
  return subscription;
}

/** Ends a subscription in Stripe's dashboard: we learn of it by webhook only. */
async function endOnStripe(tenant: Tenant, subscription: Json): Promise<void> {
  const { stripe, account } = await stack.stripeOf(tenant);
  await stripe.subscriptions.cancel(subscription['stripe_subscription_id'], {}, { stripeAccount: account });
}

async function allowed(tenant: Tenant): Promise<boolean> {
  const { body } = await tenant.asServer('GET', 'entitlements/check?customer=user_1&feature=exports');
  return body['allowed'];
}

async function events(tenant: Tenant, type: string): Promise<Json[]> {
  const { body } = await tenant.asOwner('GET', 'webhook-events?limit=100');
  return body['data'].filter((event: Json) => event['type'] === type);
}

/** From now on this change of a table fails, until the answer is called. */
async function breakTable(table: string, change: string): Promise<() => Promise<void>> {
  const name = `broken_${randomUUID().replaceAll('-', '')}`;
  await stack.database.owner.query(`
    create function public.${name}() returns trigger language plpgsql as $$ begin raise exception 'broken for a test'; end $$;
    create trigger ${name} before ${change} on public.${table} for each row execute function public.${name}();
  `);
  return async () => {
    await stack.database.owner.query(`drop function public.${name}() cascade`);
  };
}

describe('a webhook', () => {
  it('is answered with 200 only when it is stored, while Postgres comes and goes', async () => {
    const tenant = await stack.newConnectedTenant();
    const { stripe, account } = await stack.stripeOf(tenant);
    await stack.settle();
    const statuses: number[] = [];
    const deliver = async (id: string): Promise<void> => {
      const payload = JSON.stringify({
        id: `evt_stored_${id}`,
        object: 'event',
        type: 'customer.updated',
        account,
        livemode: false,
        data: { object: { id: 'cus_1', object: 'customer' } },
      });
      const header = stripe.webhooks.generateTestHeaderString({ payload, secret: webhookSecret });
      const { status } = await stack.send('POST', 'webhooks/stripe/test', payload, {
        'stripe-signature': header,
      });
      statuses.push(status);
    };
    const server = new pg.Client({ connectionString: inject('postgresUrl') });
    await server.connect();
    await Promise.all(Array.from({ length: 10 }, (_, i) => deliver(`before_${i}`)));
    const during = Array.from({ length: 40 }, async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, i * 5));
      await deliver(`during_${i}`);
    });
    await server.query(`alter database ${stack.database.name} with allow_connections false`);
    await server.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and usename = $2',
      [stack.database.name, 'billingos_api'],
    );
    await Promise.all(during);
    await Promise.all(Array.from({ length: 10 }, (_, i) => deliver(`away_${i}`)));
    await server.query(`alter database ${stack.database.name} with allow_connections true`);
    await server.end();
    await Promise.all(Array.from({ length: 10 }, (_, i) => deliver(`after_${i}`)));

    expect(statuses.filter((status) => status >= 500).length).toBeGreaterThanOrEqual(10);
    expect(statuses.every((status) => status === 200 || status >= 500)).toBe(true);
    const { rows } = await stack.database.owner.query<{ stored: number }>(
      `select count(*)::int as stored from webhook_events where stripe_event_id like 'evt_stored_%'`,
    );
    expect(rows[0]?.stored).toBe(statuses.filter((status) => status === 200).length);
    // A job that was begun while Postgres was away could not be noted as failed: its lease hands it over again.
    stack.passTime(61);
    await stack.settle();
    stack.passTime(-61);
    expect(await events(tenant, 'customer.updated')).toHaveLength(rows[0]?.stored ?? 0);
    expect((await tenant.asOwner('GET', 'webhook-events?state=received')).body['data']).toEqual([]);
  });

  it('delivered or processed again changes nothing, here or on Stripe', async () => {
    const tenant = await seller();
    await subscribe(tenant);
    await stack.settle();
    const rows = async () => {
      const { rows } = await stack.database.owner.query(
        `select (select jsonb_agg(to_jsonb(s) order by s.id) from subscriptions s where s.environment_id = $1) as subscriptions,
                (select jsonb_agg(to_jsonb(e) order by e.id) from entitlements e where e.environment_id = $1) as entitlements,
                (select jsonb_agg(to_jsonb(i) order by i.id) from subscription_items i where i.environment_id = $1) as items,
                -- stripe_sequence counts how often Stripe was asked: that is all that may differ.
                (select jsonb_agg(to_jsonb(c) - 'stripe_sequence') from customers c where c.environment_id = $1) as customers,
                (select jsonb_agg(to_jsonb(a) - 'stripe_sequence') from stripe_accounts a where a.environment_id = $1) as accounts,
                (select jsonb_agg(to_jsonb(n) order by n.id) from stripe_intents n where n.environment_id = $1) as intents`,
        [tenant.environment_id],
      );
      return rows[0];
    };
    const before = await rows();
    const stored = (await tenant.asOwner('GET', 'webhook-events?limit=100')).body['data'];
    expect(stored.length).toBeGreaterThan(3);
    stack.emulator.forgetRequests();

    const mine = new Set(stored.map((event: Json) => event['stripe_event_id']));
    const deliveries = stack.emulator.deliveries().filter(({ event }) => mine.has(event));
    expect(deliveries.length).toBeGreaterThan(3);
    stack.emulator.replayDeliveries(deliveries.flatMap(({ id }) => [id, id, id]));
    await stack.settle();
    expect((await tenant.asOwner('GET', 'webhook-events?limit=100')).body['data']).toEqual(stored);
    expect(stack.emulator.requests()).toEqual([]);

    for (const event of stored) {
      const replayed = await tenant.asOwner('POST', `webhook-events/${event['id']}/replay`);
      expect(replayed).toMatchObject({ status: 200, body: { state: 'received' } });
    }
    await stack.settle();
    expect(await rows()).toEqual(before);
    expect(stack.emulator.requests().filter(({ method }) => method !== 'GET')).toEqual([]);
    expect((await tenant.asOwner('GET', 'webhook-events?state=received')).body['data']).toEqual([]);
  });

  it('whose handler fails is shown as failed, tried again and then processed', async () => {
    const tenant = await seller();
    const subscription = await subscribe(tenant);
    await stack.settle();
    const repair = await breakTable('subscriptions', 'update');
    await endOnStripe(tenant, subscription);
    const deleted = () => events(tenant, 'customer.subscription.deleted');
    await expect.poll(deleted, { timeout: 5_000 }).toEqual([
      expect.objectContaining({
        state: 'failed',
        attempts: 1,
        error: expect.stringContaining('broken for a test'),
      }),
    ]);
    // Nothing of the failed attempt stayed.
    expect(await allowed(tenant)).toBe(true);
    await repair();
    await expect
      .poll(deleted, { timeout: 8_000 })
      .toEqual([expect.objectContaining({ state: 'processed', error: null })]);
    expect(await allowed(tenant)).toBe(false);
  });

  it('that used up its attempts stays visible as a failed job, and runs when asked to', async () => {
    const tenant = await seller();
    const subscription = await subscribe(tenant);
    await stack.settle();
    const repair = await breakTable('subscriptions', 'update');
    const leaveAllAttempts = await leaveOneAttempt(tenant);
    await endOnStripe(tenant, subscription);
    const failed = async () => (await tenant.asOwner('GET', 'jobs?state=failed')).body['data'];
    await expect.poll(failed, { timeout: 8_000 }).toContainEqual(
      expect.objectContaining({
        name: 'webhooks.process_event',
        attempts: 12,
        error: expect.stringContaining('broken for a test'),
      }),
    );
    await leaveAllAttempts();
    await stack.settle();
    // Others are not held up by it.
    const other = await seller();
    await subscribe(other);
    await stack.settle();
    expect(await allowed(other)).toBe(true);

    await repair();
    for (const { id } of await failed()) {
      expect((await tenant.asOwner('POST', `jobs/${id}/retry`)).status).toBe(200);
      expect(await tenant.asOwner('POST', `jobs/${id}/retry`)).toMatchObject({
        status: 409,
        body: { error: { code: 'job_not_failed' } },
      });
    }
    await stack.settle();
    expect(await failed()).toEqual([]);
    expect(await allowed(tenant)).toBe(false);
    expect(await events(tenant, 'customer.subscription.deleted')).toEqual([
      expect.objectContaining({ state: 'processed' }),
    ]);
  });
});

/** Jobs of a tenant are born having one attempt left. */
async function leaveOneAttempt(tenant: Tenant): Promise<() => Promise<void>> {
  await stack.database.owner.query(`
    create function public.last_attempt() returns trigger language plpgsql as $$
      begin if new.environment_id = '${tenant.environment_id}' and new.name = 'webhooks.process_event' then new.attempts := 11; end if; return new; end $$;
    create trigger last_attempt before insert on public.outbox for each row execute function public.last_attempt();
  `);
  return async () => {
    await stack.database.owner.query('drop function public.last_attempt() cascade');
  };
}
