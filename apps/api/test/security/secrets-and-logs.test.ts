import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger, Log } from '../../src/platform/log.ts';
import { Redis } from '../../src/platform/redis.ts';
import { startStack, type TestStack, webhookSecret } from '../fixtures/stack.ts';
import type { Tenant } from '../fixtures/api.ts';

let stack: TestStack;
let tenant: Tenant;
const logged: string[] = [];

/** What must not be written anywhere but where it belongs. */
const personal = {
  email: 'canary.person@canary.test',
  name: 'Canary Lovelace',
  note: 'canary-metadata-value',
  property: 'canary-property-value',
  search: 'canary-search-words',
};
const secretKeys: string[] = [];
const tokens: string[] = [];

beforeAll(async () => {
  stack = await startStack();
  // Everything that would be written to the standard output, at the level that says most.
  Reflect.set(
    stack.app.get(Log),
    'logger',
    createLogger('trace', { write: (line) => void logged.push(line) }),
  );
  tenant = await stack.newConnectedTenant();
  secretKeys.push(tenant.secretKey);
  tokens.push(tenant.token);
  await liveThrough();
  await stack.settle();
});
afterAll(() => stack.close());

/** A merchant's day: what works, what is refused, and what fails. */
async function liveThrough(): Promise<void> {
  const { asServer, asOwner } = tenant;
  const made = await asOwner(
    'POST',
    'api-keys',
    { name: 'kept', type: 'secret' },
    { 'idempotency-key': 'shown once' },
  );
  secretKeys.push(made.body['secret']);
  await asServer('POST', 'features', { key: 'api_calls', name: 'Calls', type: 'metered' });
  await asServer('POST', 'plans', {
    key: 'pro',
    name: 'Pro',
    prices: [{ amount: 1_900, currency: 'usd', interval: 'month' }],
    features: [{ feature: 'api_calls', limit: 10 }],
  });
  const customer = {
    external_id: 'user_42',
    email: personal.email,
    name: personal.name,
    metadata: { note: personal.note },
  };
  await asServer('POST', 'customers', customer, { 'idempotency-key': 'customer' });
  await asServer('POST', 'customers', customer);
  await asServer('POST', 'customers', { ...customer, email: `${personal.email}@` });
  await asServer('PATCH', 'customers/user_42', { name: `${personal.name} II` });
  await asServer('GET', `customers?search=${personal.search}`);
  await asServer('GET', `customers/${personal.email}`);
  await asServer('POST', 'subscriptions', {
    customer: 'user_42',
    plan: 'pro',
    payment_method: 'pm_card_chargeDeclined',
  });
  await asServer('POST', 'subscriptions', {
    customer: 'user_42',
    plan: 'pro',
    payment_method: 'pm_card_visa',
  });
  await asServer('POST', 'usage/track', {
    idempotency_key: 'k1',
    customer: 'user_42',
    meter: 'api_calls',
    value: 1,
    properties: { page: personal.property },
  });
  await asServer('GET', 'entitlements/check?customer=user_42&feature=api_calls');
  await stack.send('GET', `plans?key=${tenant.secretKey}`, undefined, { cookie: `session=${tenant.token}` });
  await stack.send('GET', 'me', undefined, { authorization: `Bearer ${tenant.token}x` });
  await stack.send('POST', 'webhooks/stripe/test', '{}', { 'stripe-signature': 't=1,v1=canary' });
  await failInTheDatabase();
}

/** A statement that fails with the whole row in its error's details. */
async function failInTheDatabase(): Promise<void> {
  const { owner } = stack.database;
  await owner.query(
    `alter table customers add constraint refused_for_a_test check (name is distinct from 'Canary Fails')`,
  );
  const failed = await tenant.asServer('POST', 'customers', { name: 'Canary Fails', email: personal.email });
  await owner.query(`alter table customers drop constraint refused_for_a_test`);
  expect(failed.status).toBe(500);
}

// SEC-3, SEC-16
describe('what is stored', () => {
  it('holds no API key and no token, in no row of no table', async () => {
    const dump = await dumpOfDatabase();

    expect(dump.length).toBeGreaterThan(5_000);
    // The dump does hold what is stored.
    expect(dump).toContain(personal.email);
    expect([...secretKeys, ...tokens].filter((secret) => dump.includes(secret))).toEqual([]);
    expect(dump).not.toMatch(/bos_[sp]k_(live|test)_[0-9A-Za-z]{20}/);
  });

  it('holds no Stripe key and no signing secret', async () => {
    const dump = await dumpOfDatabase();

    expect(dump).not.toMatch(/\b[sr]k_(live|test)_\w/);
    expect(dump).not.toMatch(/whsec_/);
    expect(dump).not.toContain(webhookSecret);
  });

  it('holds nothing personal of a customer but where the customer is kept, and what the merchant asked to be repeated', async () => {
    const places = new Set<string>();
    for (const [table, rows] of await rowsByTable()) {
      if (Object.values(personal).some((canary) => rows.includes(canary))) {
        places.add(table);
      }
    }

    expect([...places].toSorted()).toEqual(['customers', 'request_idempotency', 'usage_events']);
  });

  it('is not in Redis either', async () => {
    const dump = await dumpOfRedis();

    expect(dump).toContain(`snapshot:{${tenant.environment_id}}`);
    expect(
      [...secretKeys, ...tokens, ...Object.values(personal)].filter((each) => dump.includes(each)),
    ).toEqual([]);
    expect(dump).not.toMatch(/bos_[sp]k_(live|test)_[0-9A-Za-z]{20}|whsec_|\b[sr]k_(live|test)_\w/);
  });
});

// SEC-17
describe('what is logged', () => {
  it('holds no key, no token, no signature and nothing personal', () => {
    const log = logged.join('');
    const forbidden = [
      ...secretKeys,
      ...tokens,
      ...Object.values(personal),
      tenant.user.email,
      webhookSecret,
    ];

    expect(logged.length).toBeGreaterThan(20);
    expect(forbidden.filter((each) => log.includes(each))).toEqual([]);
    expect(log).not.toMatch(/bos_[sp]k_|whsec_|Bearer |v1=canary|canary/i);
  });

  it('says what happened: one line a request, with its route, and an error for what failed', () => {
    const lines = logged.map((line) => JSON.parse(line));

    expect(lines.find((line) => line.event === 'request.answered')).toMatchObject({
      level: 'info',
      request_id: expect.stringMatching(/^req_/),
      method: expect.any(String),
      route: expect.stringContaining('/api/v1/'),
      status: expect.any(Number),
    });
    const failure = lines.find((line) => line.event === 'request.failed');
    expect(failure).toMatchObject({
      level: 'error',
      environment_id: tenant.environment_id,
      error: { type: 'DatabaseError', code: '23514', stack: expect.any(String) },
    });
  });
});

async function rowsByTable(): Promise<Map<string, string>> {
  const client = new pg.Client({ connectionString: stack.database.ownerUrl });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `select schemaname || '.' || tablename as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema', 'supabase_migrations')
       and tablename not in (select relname from pg_class where relispartition)`,
  );
  const dump = new Map<string, string>();
  for (const { name } of rows) {
    const table = await client.query(`select t::text as row from ${name} t`);
    dump.set(name.replace('public.', ''), table.rows.map(({ row }) => row).join('\n'));
  }
  await client.end();
  return dump;
}

async function dumpOfDatabase(): Promise<string> {
  return [...(await rowsByTable()).values()].join('\n');
}

async function dumpOfRedis(): Promise<string> {
  const { client } = stack.app.get(Redis);
  const parts: string[] = [];
  for (const key of await client.keys('*')) {
    parts.push(key);
    switch (await client.type(key)) {
      case 'string':
        parts.push((await client.get(key)) ?? '');
        break;
      case 'hash':
        parts.push(JSON.stringify(await client.hgetall(key)));
        break;
      case 'list':
        parts.push(...(await client.lrange(key, 0, -1)));
        break;
      case 'set':
        parts.push(...(await client.smembers(key)));
        break;
      case 'zset':
        parts.push(...(await client.zrange(key, '0', '-1')));
        break;
      case 'stream':
        parts.push(JSON.stringify(await client.xrange(key, '-', '+')));
        break;
    }
  }
  return parts.join('\n');
}
