import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startRedis } from '@billingos/local-stack/redis';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type Tenant, type TestApi } from '../fixtures/api.ts';
import { faultRounds } from '../fixtures/fault-rounds.ts';
import { grant } from '../fixtures/grants.ts';

const flushes = 10 * faultRounds;
/** The age that a snapshot may have, and what a busy machine adds. */
const boundMs = 10_000 + 500;
const quota = 100;

const folder = mkdtempSync(join(tmpdir(), 'billingos-test-emptied-'));
let server: Awaited<ReturnType<typeof startRedis>>;
let redis: Redis;
let a: TestApi;
let b: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  // A Redis of its own: it is emptied here.
  server = await startRedis({ dir: folder });
  redis = new Redis(server.url);
  a = await startApi({ REDIS_URL: server.url });
  b = await a.another();
  tenant = await a.newTenant();
  await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  await tenant.asServer('POST', 'features', { key: 'api_calls', name: 'API calls', type: 'metered' });
});
afterAll(async () => {
  await b.close();
  await a.close();
  redis.disconnect();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function check(instance: TestApi, customer: string, feature: string) {
  const { status, body } = await instance.send(
    'GET',
    `entitlements/check?customer=${customer}&feature=${feature}`,
    undefined,
    { authorization: `Bearer ${tenant.secretKey}` },
  );
  expect(status).toBe(200);
  return body;
}

const oneOf = <T>(values: readonly [T, ...T[]]): T =>
  values[Math.floor(Math.random() * values.length)] ?? values[0];

// INV-12, and: Redis holds nothing that cannot be lost.
describe('Redis that is emptied again and again, while there is traffic', () => {
  it(
    'loses no usage, gives no more than there is, and brings nothing back that was revoked',
    async () => {
      const trackers = ['tracked-1', 'tracked-2'] as const;
      const revocable = ['revoked-1', 'revoked-2'] as const;
      for (const customer of [...trackers, ...revocable, 'consuming']) {
        await tenant.asServer('POST', 'customers', { external_id: customer });
        await grant(a, tenant, { customer, feature: 'api_calls', limit: quota, overage: 'block' });
      }
      const used = new Map<string, number>(trackers.map((customer) => [customer, 0]));
      const revokedSince = new Map<string, number>();
      const wrong: string[] = [];
      let consumed = 0;
      let checks = 0;
      let isOver = false;

      const track = async (customer: string): Promise<void> => {
        for (let i = 0; !isOver; i++) {
          const { body } = await tenant.asServer('POST', 'usage/track', {
            idempotency_key: `${customer}-${i}`,
            customer,
            meter: 'api_calls',
            value: 1,
          });
          expect(body['status']).toBe('accepted');
          used.set(customer, (used.get(customer) ?? 0) + 1);
        }
      };
      const consume = async (): Promise<void> => {
        for (let i = 0; !isOver || i < 2 * quota; i++) {
          const { body } = await tenant.asServer('POST', 'entitlements/consume', {
            idempotency_key: `consuming-${i}`,
            customer: 'consuming',
            feature: 'api_calls',
            quantity: 1,
          });
          consumed += body['allowed'] === true ? 1 : 0;
        }
      };
      const change = async (customer: string): Promise<void> => {
        while (!isOver) {
          const { revoke } = await grant(a, tenant, { customer, feature: 'exports' });
          await wait(Math.random() * 200);
          await revoke();
          revokedSince.set(customer, performance.now());
          await wait(Math.random() * 400);
          if (!isOver) {
            revokedSince.delete(customer);
          }
        }
      };
      const ask = async (instance: TestApi, toleratedMs: number): Promise<void> => {
        while (!isOver) {
          const customer = oneOf(revocable);
          const since = revokedSince.get(customer);
          const askedAt = performance.now();
          const { allowed } = await check(instance, customer, 'exports');
          await check(instance, oneOf(trackers), 'api_calls');
          checks += 2;
          // Answers from memory wait for nothing: everything else would never have its turn.
          await wait(1);
          const ageMs = askedAt - (since ?? askedAt);
          if (allowed === true && ageMs > toleratedMs) {
            wrong.push(`${customer} was allowed ${Math.round(ageMs)} ms after it was revoked`);
          }
        }
      };
      // The instance that revokes is never behind; the other may be, for as long as a snapshot is trusted.
      const traffic = [
        ...trackers.map(track),
        consume(),
        ...revocable.map(change),
        ask(a, 0),
        ask(a, 0),
        ask(b, boundMs),
        ask(b, boundMs),
      ];
      for (let i = 0; i < flushes; i++) {
        await wait(50 + Math.random() * 150);
        await redis.flushall();
      }
      isOver = true;
      await Promise.all(traffic);

      expect(wrong).toEqual([]);
      expect(checks).toBeGreaterThan(flushes);
      expect(consumed).toBe(quota);
      const { rows } = await a.database.owner.query<{ customer: string; total: number }>(
        `select c.external_id as customer, count(*)::int as total from usage_events e
         join customers c on c.environment_id = e.environment_id and c.id = e.customer_id
         where e.environment_id = $1 group by c.external_id`,
        [tenant.environment_id],
      );
      expect(new Map(rows.map(({ customer, total }) => [customer, total]))).toEqual(
        new Map([...used, ['consuming', quota]]),
      );
      for (const instance of [a, b]) {
        for (const [customer, total] of [...used, ['consuming', quota] as const]) {
          await expect
            .poll(async () => (await check(instance, customer, 'api_calls'))['used'], { timeout: boundMs })
            .toBe(total);
        }
        for (const customer of revocable) {
          await expect
            .poll(async () => (await check(instance, customer, 'exports'))['allowed'], { timeout: boundMs })
            .toBe(false);
        }
      }
    },
    60_000 + flushes * 2_000,
  );
});
