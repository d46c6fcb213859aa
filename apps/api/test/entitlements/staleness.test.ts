import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EntitlementsRepository } from '../../src/modules/entitlements/entitlements.repository.ts';
import { SnapshotCache } from '../../src/modules/entitlements/snapshot-cache.ts';
import { Metrics } from '../../src/platform/metrics.ts';
import { Redis } from '../../src/platform/redis.ts';
import { startApi, type Tenant, type TestApi } from '../fixtures/api.ts';
import { grant } from '../fixtures/grants.ts';
import { type Proxy, startProxy } from '../fixtures/proxy.ts';

/** The longest anything is trusted; a revocation that every message about is lost of is seen after it. */
const boundMs = 10_000;
/** A check that was asked before is answered a little later, and a message takes a moment on a busy machine. */
const slackMs = 250;

// INV-12: three instances on one database and one Redis; what is revoked on A is asked of B and C.
let a: TestApi;
let b: TestApi;
let c: TestApi;
let redisOfB: Proxy;
let tenant: Tenant;
beforeAll(async () => {
  a = await startApi();
  redisOfB = await startProxy(process.env['REDIS_URL'] ?? '');
  b = await a.another({ REDIS_URL: redisOfB.url });
  c = await a.another();
  tenant = await a.newTenant();
  await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
});
afterAll(async () => {
  await b.close();
  await c.close();
  await redisOfB.close();
  await a.close();
});

let customers = 0;

/** A customer who may use `exports`, as every instance has answered already. */
async function entitled() {
  const customer = `entitled-${++customers}`;
  await tenant.asServer('POST', 'customers', { external_id: customer });
  const granted = await grant(a, tenant, { customer, feature: 'exports' });
  for (const instance of [a, b, c]) {
    expect(await allows(instance, customer)).toBe(true);
  }
  return { customer, ...granted };
}

async function allows(instance: TestApi, customer: string): Promise<boolean> {
  const { status, body } = await instance.send(
    'GET',
    `entitlements/check?customer=${customer}&feature=exports`,
    undefined,
    { authorization: `Bearer ${tenant.secretKey}` },
  );
  expect(status).toBe(200);
  return body['allowed'] === true;
}

/** How long after now the last of the instances still allows, in milliseconds; 0 when none does. */
async function lastAllowedAfter(instances: TestApi[], customer: string, forMs: number): Promise<number> {
  const began = performance.now();
  let last = 0;
  while (performance.now() - began < forMs) {
    for (const instance of instances) {
      if (await allows(instance, customer)) {
        last = performance.now() - began;
      }
    }
    if (performance.now() - began > last + 1_500) {
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return last;
}

describe('what was revoked on one instance', () => {
  it('is denied by that one with the very next check', async () => {
    for (let i = 0; i < 20; i++) {
      const { customer, revoke } = await entitled();
      await revoke();
      expect(await allows(a, customer)).toBe(false);
    }
  });

  it('is denied by every other a moment later', async () => {
    const { customer, revoke } = await entitled();
    await revoke();
    expect(await lastAllowedAfter([a, b, c], customer, 1_500)).toBeLessThanOrEqual(slackMs);
  });

  it('is denied after ten seconds when every message about it is lost', async () => {
    const { customer, customer_id: customerId } = await entitled();
    // The change commits, and its process dies before it tells anybody.
    await a.database.owner.query('delete from entitlements where customer_id = $1', [customerId]);
    await a.database.owner.query(
      'update customers set entitlements_version = entitlements_version + 1 where id = $1',
      [customerId],
    );
    const last = await lastAllowedAfter([b, c], customer, boundMs + 3_000);
    expect(last).toBeGreaterThan(0);
    expect(last).toBeLessThanOrEqual(boundMs + slackMs);
  }, 30_000);

  it('is denied after ten seconds by an instance that Redis went silent for, without a word', async () => {
    const { customer, revoke } = await entitled();
    redisOfB.hang();
    try {
      await revoke();
      const last = await lastAllowedAfter([b], customer, boundMs + 3_000);
      expect(last).toBeGreaterThan(0);
      expect(last).toBeLessThanOrEqual(boundMs + slackMs);
    } finally {
      redisOfB.restore();
      await expect.poll(() => b.app.get(Redis).ping(), { timeout: 5_000 }).toBe(true);
    }
  }, 30_000);

  it('is denied at once by an instance that has lost Redis: it asks Postgres', async () => {
    const { customer, revoke } = await entitled();
    redisOfB.cut();
    try {
      expect(await allows(b, customer)).toBe(true);
      await revoke();
      expect(await lastAllowedAfter([b], customer, 1_500)).toBe(0);
    } finally {
      redisOfB.restore();
      await expect.poll(() => b.app.get(Redis).ping(), { timeout: 5_000 }).toBe(true);
    }
  });

  it('is denied within the bound when the instance that revoked it had lost Redis', async () => {
    const { customer, revoke } = await entitled();
    redisOfB.cut();
    try {
      await revoke(b);
      const last = await lastAllowedAfter([a, b, c], customer, boundMs + 3_000);
      expect(last).toBeLessThanOrEqual(boundMs + slackMs);
    } finally {
      redisOfB.restore();
      await expect.poll(() => b.app.get(Redis).ping(), { timeout: 5_000 }).toBe(true);
    }
  }, 30_000);

  it('is not brought back by a reader who began before and writes its cache after', async () => {
    const { customer, revoke } = await entitled();
    const read = await c.app
      .get(EntitlementsRepository)
      .snapshot(tenant.environment_id, customer, new Date());
    expect(read.features['exports']).toBeDefined();
    await revoke();
    await c.app.get(SnapshotCache).write(tenant.environment_id, customer, read, 0);
    expect(await lastAllowedAfter([a, b, c], customer, 1_500)).toBeLessThanOrEqual(slackMs);
  });

  it('is granted again by every instance a moment later', async () => {
    const { customer, revoke } = await entitled();
    await revoke();
    await expect.poll(() => allows(b, customer), { timeout: slackMs, interval: 5 }).toBe(false);
    await grant(a, tenant, { customer, feature: 'exports' });
    expect(await allows(a, customer)).toBe(true);
    for (const instance of [b, c]) {
      await expect.poll(() => allows(instance, customer), { timeout: slackMs, interval: 5 }).toBe(true);
    }
  });
});

describe('usage that was recorded on one instance', () => {
  const used = async (instance: TestApi, customer: string): Promise<unknown> =>
    (
      await instance.send('GET', `entitlements/check?customer=${customer}&feature=api_calls`, undefined, {
        authorization: `Bearer ${tenant.secretKey}`,
      })
    ).body['used'];

  it('is counted there by the very next check, and everywhere else a moment later', async () => {
    await tenant.asServer('POST', 'features', { key: 'api_calls', name: 'API calls', type: 'metered' });
    const customer = `counted-${++customers}`;
    await tenant.asServer('POST', 'customers', { external_id: customer });
    await grant(a, tenant, { customer, feature: 'api_calls', limit: 100, overage: 'block' });
    for (let total = 1; total <= 20; total++) {
      for (const instance of [a, b, c]) {
        await used(instance, customer);
      }
      await tenant.asServer('POST', 'usage/track', {
        idempotency_key: `${customer}-${total}`,
        customer,
        meter: 'api_calls',
        value: 1,
      });
      expect(await used(a, customer)).toBe(total);
      for (const instance of [b, c]) {
        await expect.poll(() => used(instance, customer), { timeout: slackMs, interval: 5 }).toBe(total);
      }
    }
  });
});

// Those are believed only while this process reads, from Postgres, what changed.
describe('what was read more than ten seconds ago', () => {
  const owner = (text: string, values: unknown[] = []) => a.database.owner.query(text, values);
  const customer = (name: string) => `aged-${name}`;
  const names = ['untouched', 'revoked', 'overtaken', 'redefined', 'counted'];
  const ids = new Map<string, string>();

  beforeAll(async () => {
    await tenant.asServer('POST', 'features', { key: 'calls', name: 'Calls', type: 'metered' });
    for (const name of names) {
      const { body } = await tenant.asServer('POST', 'customers', { external_id: customer(name) });
      ids.set(name, String(body['id']));
      await grant(a, tenant, { customer: customer(name), feature: 'exports' });
      await grant(a, tenant, { customer: customer(name), feature: 'calls', limit: 100, overage: 'block' });
    }
    await lookAtAll();
    await new Promise((resolve) => setTimeout(resolve, boundMs + 1_000));
  }, 40_000);

  async function lookAtAll(): Promise<void> {
    for (const instance of [a, b, c]) {
      for (const name of names) {
        await allows(instance, customer(name));
      }
    }
  }

  async function fromPostgres(instance: TestApi): Promise<number> {
    const { values } = await instance.app.get(Metrics).checks.get();
    return values.find(({ labels }) => labels.source === 'postgres')?.value ?? 0;
  }

  async function used(instance: TestApi, name: string): Promise<unknown> {
    const { body } = await instance.send(
      'GET',
      `entitlements/check?customer=${customer(name)}&feature=calls`,
      undefined,
      { authorization: `Bearer ${tenant.secretKey}` },
    );
    return body['used'];
  }

  async function lastUnaware(instances: TestApi[], name: string, total: number): Promise<number> {
    const began = performance.now();
    let last = 0;
    while (performance.now() - began < Math.min(boundMs + 3_000, last + 2_000)) {
      for (const instance of instances) {
        if ((await used(instance, name)) !== total) {
          last = performance.now() - began;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return last;
  }

  it('is answered from, without asking Postgres, when nothing has changed', async () => {
    const before = await Promise.all([a, b, c].map(fromPostgres));
    for (const instance of [a, b, c]) {
      expect(await allows(instance, customer('untouched'))).toBe(true);
    }
    expect(await Promise.all([a, b, c].map(fromPostgres))).toEqual(before);
  });

  it('is out of date within the bound when it was revoked and every message about it is lost', async () => {
    const id = ids.get('revoked');
    await owner('delete from entitlements where customer_id = $1', [id]);
    await owner('update customers set entitlements_version = entitlements_version + 1 where id = $1', [id]);
    expect(await lastAllowedAfter([a, b, c], customer('revoked'), boundMs + 3_000)).toBeLessThanOrEqual(
      boundMs,
    );
  }, 30_000);

  it('is out of date within the bound when a transaction revoked it that began before others and ends after them', async () => {
    const slow = await a.database.owner.connect();
    try {
      const id = ids.get('overtaken');
      await slow.query('begin');
      await slow.query('delete from entitlements where customer_id = $1', [id]);
      await slow.query('update customers set entitlements_version = entitlements_version + 1 where id = $1', [
        id,
      ]);
      for (let i = 0; i < 3; i++) {
        // Later transactions, which are read while the first is open.
        await tenant.asServer('POST', 'customers', { external_id: `passing-${i}` });
        await grant(a, tenant, { customer: `passing-${i}`, feature: 'exports' });
        await new Promise((resolve) => setTimeout(resolve, 1_200));
        await lookAtAll();
      }
      await slow.query('commit');
      const last = await lastAllowedAfter([a, b, c], customer('overtaken'), boundMs + 3_000);
      expect(last).toBeLessThanOrEqual(boundMs + slackMs);
    } finally {
      slow.release();
    }
  }, 40_000);

  it('has totals within the bound when those who recorded them told nobody', async () => {
    await tenant.asServer('POST', 'usage/track', {
      idempotency_key: 'aged-1',
      customer: customer('counted'),
      meter: 'calls',
      value: 1,
    });
    for (const instance of [a, b, c]) {
      await expect.poll(() => used(instance, 'counted'), { timeout: slackMs, interval: 5 }).toBe(1);
    }
    await new Promise((resolve) => setTimeout(resolve, boundMs + 1_000));
    await owner('update usage_records set value = 7, version = version + 1 where customer_id = $1', [
      ids.get('counted'),
    ]);
    const last = await lastUnaware([a, b, c], 'counted', 7);
    expect(last).toBeLessThanOrEqual(boundMs + slackMs);
  }, 40_000);

  it('has totals within the bound when the instance that recorded them had lost Redis', async () => {
    redisOfB.cut();
    try {
      await b.send(
        'POST',
        'usage/track',
        { idempotency_key: 'aged-2', customer: customer('counted'), meter: 'calls', value: 2 },
        { authorization: `Bearer ${tenant.secretKey}` },
      );
      expect(await lastUnaware([a, b, c], 'counted', 9)).toBeLessThanOrEqual(boundMs + slackMs);
    } finally {
      redisOfB.restore();
      await expect.poll(() => b.app.get(Redis).ping(), { timeout: 5_000 }).toBe(true);
    }
  }, 40_000);

  it('is out of date within the bound when a feature is given another name, of whichever customer', async () => {
    await owner(`update features set key = 'exported' where environment_id = $1 and key = 'exports'`, [
      tenant.environment_id,
    ]);
    await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
    expect(await lastAllowedAfter([a, b, c], customer('redefined'), boundMs + 3_000)).toBeLessThanOrEqual(
      boundMs,
    );
  }, 30_000);
});

describe('what a lasting snapshot is made of', () => {
  // Whoever changes these moves `customers.entitlements_version` on in the same transaction, and that is noted.
  const withVersion = [
    'entitlements',
    'entitlement_overrides',
    'subscriptions',
    'usage_carries',
    'usage_reservations',
  ];
  // Made from the others, and bound to a time that the snapshot knows.
  const derived = ['usage_events', 'usage_windows', 'usage_unique_values', 'credit_draws', 'meters'];

  it('tells of every change', async () => {
    const { rows: read } = await a.database.owner.query(
      `select distinct found[1] as name from pg_proc p
       cross join lateral regexp_matches(p.prosrc, 'public\\.(\\w+)', 'g') found
       where pronamespace = 'app'::regnamespace
         and proname in ('entitlement_snapshot', 'usage_period', 'carried_usage', 'window_base',
                        'cap_window')`,
    );
    const { rows: noted } = await a.database.owner.query(
      `select distinct relname as name from pg_trigger t join pg_class c on c.oid = t.tgrelid
       join pg_proc p on p.oid = t.tgfoid where p.proname like 'note\\_%\\_change'`,
    );
    const known = [...noted.map(({ name }) => name), ...withVersion, ...derived];

    expect(read.length).toBeGreaterThan(8);
    expect(read.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
  });
});
