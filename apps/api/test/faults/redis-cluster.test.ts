import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningRedis, startRedis } from '@billingos/local-stack/redis';
import { Redis as Client } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, Tenant } from '../fixtures/api.ts';
import { startStack, type TestStack } from '../fixtures/stack.ts';

// INV-17. A cluster refuses a command or script whose keys are not all in one slot, and whoever takes a refusal for a miss
// invalidates nothing any more without anybody noticing. A cluster of one node refuses the same and is spoken to alike.

const folder = mkdtempSync(join(tmpdir(), 'billingos-test-cluster-'));
let redis: RunningRedis;
let client: Client;
let stack: TestStack;
let tenants: Tenant[];

beforeAll(async () => {
  redis = await startRedis({ dir: folder, settings: ['cluster-enabled yes'] });
  client = new Client(redis.url);
  await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  while (!String(await client.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  stack = await startStack({ settings: { REDIS_URL: redis.url } });
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
});
afterAll(async () => {
  await stack.close();
  client.disconnect();
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The commands of which it refused some, before or while it ran them. */
async function refusals(): Promise<string[]> {
  return (await client.info('commandstats'))
    .split('\r\n')
    .filter((line) => /(rejected|failed)_calls=[1-9]/.test(line))
    .map((line) => line.replace(/:.*/, ''));
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

  it('would have said so', async () => {
    await expect(client.mget('one', 'two')).rejects.toThrow('CROSSSLOT');
    await expect(client.eval('return 1', 2, 'one', 'two')).rejects.toThrow('CROSSSLOT');
    expect((await refusals()).toSorted()).toEqual(['cmdstat_eval', 'cmdstat_mget']);
  });
});
