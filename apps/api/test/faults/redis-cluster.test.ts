import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Broadcast } from '../../src/platform/broadcast.ts';
import type { Json, Tenant, TestApi } from '../fixtures/api.ts';
import { grant } from '../fixtures/grants.ts';
import { clusterPassword, type RedisCluster, startRedisCluster } from '../fixtures/redis-cluster.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

// INV-17. Three masters, each with a third of the keys. A cluster refuses a command or script whose keys are not all in one
// slot, and whoever takes a refusal for a miss invalidates nothing any more without anybody noticing.

let cluster: RedisCluster;
let stack: TestStack;
let other: TestApi;
let tenants: Tenant[];

beforeAll(async () => {
  cluster = await startRedisCluster();
  stack = await startStack({ settings: { REDIS_URL: cluster.url, REDIS_TOPOLOGY: 'cluster' } });
  other = await stack.another();
  tenants = [await stack.newConnectedTenant(), await stack.newConnectedTenant()];
  for (const tenant of tenants) {
    await tenant.asServer('POST', 'features', { key: 'calls', name: 'Calls', type: 'metered' });
    await tenant.asServer('POST', 'plans', {
      key: 'free',
      name: 'Free',
      features: [{ feature: 'calls', limit: 100 }],
    });
    await tenant.asOwner('PATCH', 'default-plan', { plan: 'free' });
  }
  await stack.settle();
}, 180_000);
afterAll(async () => {
  await other.close();
  await stack.close();
  await cluster.stop();
});

/**
 * What the nodes refused: commands that failed, and commands that were not begun, by kind. Not that a node sends somebody on
 * who asks for a key of another (MOVED): so one finds the way. Clients introduce themselves in words that it need not know (ERR).
 */
async function refusals(): Promise<string[]> {
  const found = await Promise.all(
    cluster.nodes.map(async (node) => [
      ...(await node.info('commandstats')).matchAll(/cmdstat_(\S+):.*failed_calls=[1-9]/g),
      ...(await node.info('errorstats')).matchAll(/errorstat_(?!MOVED|ERR)(\w+)/g),
    ]),
  );
  return [...new Set(found.flat().map(([, what]) => what ?? ''))];
}

const customers = Array.from({ length: 20 }, (_, index) => `user_${index}`);
const everywhere = <T>(work: (tenant: Tenant, customer: string) => Promise<T>): Promise<T[]> =>
  Promise.all(tenants.flatMap((tenant) => customers.map((customer) => work(tenant, customer))));

describe('Redis as a cluster', () => {
  it('refuses nothing that checks, usage, keys, limits and jobs ask of it', async () => {
    await everywhere((tenant, customer) => tenant.asServer('POST', 'customers', { external_id: customer }));
    const check = (tenant: Tenant, customer: string): Promise<Json> =>
      tenant.asServer('GET', `entitlements/check?customer=${customer}&feature=calls`);
    for (let round = 0; round < 3; round++) {
      await everywhere(check);
      await everywhere((tenant, customer) =>
        tenant.asServer('POST', 'usage/track', {
          idempotency_key: `${customer}_${round}`,
          customer,
          meter: 'calls',
          value: 2,
        }),
      );
      await everywhere((tenant, customer) =>
        tenant.asServer('POST', 'entitlements/consume', {
          idempotency_key: `${customer}_consume_${round}`,
          customer,
          feature: 'calls',
        }),
      );
    }
    expect((await everywhere(check)).map(({ body }) => body.used)).toEqual(Array(40).fill(9));

    for (const tenant of tenants) {
      const limit = { limit: 3, window_seconds: 60 };
      const project = await tenant.asServer('POST', 'projects', {
        customer: 'user_1',
        name: 'Shop',
        quota_feature: 'calls',
        rate_limit: limit,
      });
      await tenant.asOwner('PATCH', 'key-settings', { customer_rate_limit: limit });
      const key = await tenant.asServer('POST', 'keys', {
        customer: 'user_1',
        project: project.body['id'],
        name: 'server',
        rate_limit: limit,
      });
      const verify = async () =>
        (await tenant.asServer('POST', 'keys/verify', { key: key.body['secret'] })).body['code'];
      // Three windows, all of them in Redis: the fourth call is one too many.
      expect([await verify(), await verify(), await verify(), await verify()]).toEqual([
        'valid',
        'valid',
        'valid',
        'rate_limited',
      ]);
      await tenant.asServer('POST', `keys/${key.body['id']}/revoke`);
      expect(await verify()).toBe('revoked');
    }
    await stack.settle();
    for (const tenant of tenants) {
      expect((await tenant.asOwner('GET', 'jobs?state=failed')).body['data']).toEqual([]);
    }
    expect(await refusals()).toEqual([]);
  });

  it('spreads what it holds over all nodes', async () => {
    const held = await Promise.all(cluster.nodes.map((node) => node.dbsize()));
    expect(Math.min(...held)).toBeGreaterThan(0);
  });

  it('tells every process what changed, whichever node it listens to', async () => {
    const heard = new Promise<string>((resolve) => other.app.get(Broadcast).on('greeting', resolve));
    await expect.poll(() => other.app.get(Broadcast).isConnected).toBe(true);
    await stack.app.get(Broadcast).tell('greeting', 'hello');
    expect(await heard).toBe('hello');

    // Of Stripe nothing is known here that would take away again what is granted.
    for (const tenant of [await stack.newTenant(), await stack.newTenant()]) {
      const customer = 'changing';
      const asked = async (instance: TestApi): Promise<unknown> =>
        (
          await instance.send('GET', `entitlements/check?customer=${customer}&feature=exports`, undefined, {
            authorization: `Bearer ${tenant.secretKey}`,
          })
        ).body['allowed'];
      await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
      await tenant.asServer('POST', 'customers', { external_id: customer });
      const { revoke } = await grant(stack, tenant, { customer, feature: 'exports' });
      await expect.poll(() => asked(other)).toBe(true);
      await revoke();
      expect(await asked(stack)).toBe(false);
      await expect.poll(() => asked(other)).toBe(false);
    }
    expect(await refusals()).toEqual([]);
  });

  it('counts the requests of all processes together', async () => {
    const limit = 30;
    const limited = await stack.another({ RATE_LIMIT_PER_KEY: String(limit) });
    const ask = async (instance: TestApi, tenant: Tenant): Promise<number> =>
      (await instance.send('GET', 'features', undefined, { authorization: `Bearer ${tenant.secretKey}` }))
        .status;

    for (const tenant of tenants) {
      await Promise.all(Array.from({ length: limit }, () => ask(stack, tenant)));
    }
    // Fewer than the limit by itself: it learns of the others when it tells of its own.
    const statuses = new Set<number>();
    for (let asked = 0; asked < limit / 2 && !statuses.has(429); asked++) {
      for (const tenant of tenants) {
        statuses.add(await ask(limited, tenant));
      }
      await sleep(200);
    }
    await limited.close();

    expect(statuses).toContain(429);
    expect(await refusals()).toEqual([]);
  });

  it('would have said so', async () => {
    const client = new Cluster([{ host: '127.0.0.1', port: cluster.port }], {
      redisOptions: { password: clusterPassword },
    });
    await expect(client.mget('one', 'two')).rejects.toThrow('CROSSSLOT');
    await expect(client.eval('return 1', 2, 'one', 'two')).rejects.toThrow('CROSSSLOT');
    client.disconnect();
    expect(await refusals()).toEqual(['CROSSSLOT']);
  });
});
