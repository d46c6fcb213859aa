import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Json, startApi, type Tenant, type TestApi } from '../fixtures/api.ts';
import { grant } from '../fixtures/grants.ts';
import { type ApiProcess, buildApi, startProcess } from '../fixtures/process.ts';

// INV-14: three processes as behind a load balancer, which share nothing but Postgres and Redis.
let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  tenant = await api.newTenant();
  await tenant.asServer('POST', 'features', { key: 'credits', name: 'Credits', type: 'metered' });
  await buildApi();
}, 180_000);
afterAll(() => api.close());

describe('over three processes', () => {
  it('of a quota exactly what it holds is taken, however many ask at once', async () => {
    const processes = await Promise.all([startProcess('main'), startProcess('main'), startProcess('main')]);
    onTestFinished(async () => {
      await Promise.all(processes.map((one) => one.kill()));
    });
    for (const { left, asked, quantity } of [
      { left: 1, asked: 1_000, quantity: 1 },
      { left: 100, asked: 300, quantity: 1 },
      { left: 500, asked: 100, quantity: 10 },
      { left: 500, asked: 1_000, quantity: 1 },
    ]) {
      const customer = `limited-${randomUUID()}`;
      await tenant.asServer('POST', 'customers', { external_id: customer });
      await grant(api, tenant, { customer, feature: 'credits', limit: left });

      const answers = await Promise.all(
        Array.from({ length: asked }, (_, index) =>
          consume(processes[index % processes.length], customer, quantity),
        ),
      );

      expect(answers.filter(({ allowed }) => allowed)).toHaveLength(left / quantity);
      expect(new Set(answers.map(({ reason }) => reason))).toEqual(new Set([null, 'limit_reached']));
      const { body } = await tenant.asServer('GET', `customers/${customer}/entitlements`);
      expect(body['features']).toMatchObject([{ used: left, remaining: 0, limit: left }]);
    }
  }, 180_000);
});

/** As the SDK does it: a server that is too busy to answer is asked again, under the same key. */
async function consume(process: ApiProcess | undefined, customer: string, quantity: number): Promise<Json> {
  const body = JSON.stringify({ idempotency_key: randomUUID(), customer, feature: 'credits', quantity });
  for (;;) {
    const response = await fetch(`${process?.url}/api/v1/entitlements/consume`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.secretKey}` },
      body,
    });
    if (response.status !== 503) {
      expect(response.status).toBe(200);
      const answer: Json = JSON.parse(await response.text());
      return answer;
    }
  }
}
