import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, startApi, type Tenant, type TestApi } from '../fixtures/api.ts';

let api: TestApi;
let instances: TestApi[];
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  instances = [api, await api.another(), await api.another()];
  setTime(start);
  tenant = await api.newTenant();
  await post('features', { key: 'images', name: 'Images', type: 'metered', credit_cost: 1 });
  await post('plans', {
    key: 'daily',
    name: 'Daily',
    prices: [{ amount: 1_000, currency: 'usd', interval: 'month' }],
    credits: { quantity: 30, interval: 'day', rollover: { max: 10, periods: 1 } },
  });
});
afterAll(async () => {
  for (const instance of instances.toReversed()) {
    await instance.close();
  }
});

const start = new Date('2026-11-03T12:00:00Z');
const boundary = new Date('2026-11-04T12:00:00Z');
const aside = (ms: number): Date => new Date(boundary.getTime() + ms);

function setTime(time: Date): void {
  for (const instance of instances) {
    instance.setTime(time);
  }
}

async function post(path: string, body: Json): Promise<Json> {
  const answer = await tenant.asServer('POST', path, body);
  expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
}

async function subscriber(): Promise<{ id: string; external: string }> {
  const external = `user-${randomUUID()}`;
  const { id } = await post('customers', { external_id: external, name: 'Acme', email: 'ap@acme.test' });
  await post('subscriptions', { customer: external, plan: 'daily', billing: 'manual' });
  return { id, external };
}

const on = (nth: number): TestApi => instances[nth % instances.length] ?? api;
const asServer = { authorization: () => `Bearer ${tenant.secretKey}` };
const consume = async (customer: string, nth: number): Promise<boolean> =>
  (
    await on(nth).send(
      'POST',
      'entitlements/consume',
      { idempotency_key: randomUUID(), customer, feature: 'images', quantity: 1 },
      { authorization: asServer.authorization() },
    )
  ).body['allowed'];
const look = (id: string, nth: number) =>
  on(nth).send('GET', `customers/${id}/credits`, undefined, { authorization: asServer.authorization() });

const summed = async (id: string) => {
  const { rows } = await api.database.owner.query<{ kind: string; source: string; sum: number; n: number }>(
    `select e.kind, g.source, sum(e.quantity)::float8 as sum, count(*)::int as n from credit_entries e
     join credit_grants g on g.environment_id = e.environment_id and g.id = e.grant_id
     where e.customer_id = $1 group by 1, 2`,
    [id],
  );
  return Object.fromEntries(rows.map(({ kind, source, sum, n }) => [`${kind} ${source}`, [sum, n]]));
};

// INV-15
describe('the reset of credits at the end of a period', () => {
  it('happens once, however many reset and consume at the boundary, a millisecond before and after it', async () => {
    setTime(start);
    const { id, external } = await subscriber();
    for (let n = 0; n < 5; n++) {
      expect(await consume(external, n)).toBe(true);
    }

    // The clocks of the three differ by a millisecond.
    for (const [n, instance] of instances.entries()) {
      instance.setTime(aside(n - 1));
    }
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => (n % 2 === 0 ? consume(external, n) : look(id, n))),
    );
    const allowed = answers.filter((answer) => answer === true).length;
    setTime(aside(1));

    const entries = await summed(id);
    // One grant for each of the two periods, and what was left was carried over or written off, once.
    expect(entries['grant plan']).toEqual([60, 2]);
    expect(entries['rollover rollover']?.[1] ?? 0).toBeLessThanOrEqual(1);
    expect(-(entries['rollover plan']?.[0] ?? 0)).toBe(entries['rollover rollover']?.[0] ?? 0);
    const burned = -(entries['burn plan']?.[0] ?? 0) - (entries['burn rollover']?.[0] ?? 0);
    expect(burned).toBe(5 + allowed);
    const { body } = await look(id, 0);
    const expired = -(entries['expire plan']?.[0] ?? 0);
    expect(body['balance']).toBe(60 - burned - expired);
    expect(body['balance']).toBeGreaterThanOrEqual(0);
  });

  it('keeps what was used after it: 40 to use of the new period, and 40 of 60 succeed', async () => {
    setTime(start);
    const { id, external } = await subscriber();
    setTime(boundary);
    const allowed = await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        if (n % 3 === 0) {
          await look(id, n);
        }
        return consume(external, n);
      }),
    );
    setTime(aside(1));
    await Promise.all(Array.from({ length: 50 }, (_, n) => look(id, n)));

    expect(allowed.filter(Boolean)).toHaveLength(40);
    expect((await look(id, 0)).body['balance']).toBe(0);
    expect(await summed(id)).toMatchObject({
      'grant plan': [60, 2],
      'rollover plan': [-10, 1],
      'expire plan': [-20, 1],
      'rollover rollover': [10, 1],
      'burn rollover': [-10, 10],
      'burn plan': [-30, 30],
    });
  });
});

// INV-36
describe('grants that are reverted twice at once', () => {
  it('are reverted once each, and so is what reverts that', async () => {
    setTime(start);
    const { id } = await post('customers', { external_id: `user-${randomUUID()}` });
    const grants = await Promise.all(
      Array.from({ length: 25 }, async (_, n) => {
        const { id: grant } = await post(`customers/${id}/credits/grants`, { quantity: n + 1 });
        return String(grant);
      }),
    );
    const twice = (what: string) =>
      Promise.all(
        [...grants, ...grants].map((grant, n) =>
          on(n).send('POST', `credits/grants/${grant}/${what}`, undefined, {
            authorization: asServer.authorization(),
          }),
        ),
      );

    await twice('void');
    expect((await look(id, 0)).body['balance']).toBe(0);
    expect(await summed(id)).toEqual({ 'grant manual': [325, 25], 'void manual': [-325, 25] });

    await twice('restore');
    expect((await look(id, 0)).body['balance']).toBe(325);
    expect(await summed(id)).toEqual({
      'grant manual': [325, 25],
      'void manual': [-325, 25],
      'unvoid manual': [325, 25],
    });

    // Both at once end in one of the two, and the balance is the sum either way.
    await Promise.all([twice('void'), twice('restore')]);
    const { balance } = (await look(id, 0)).body;
    const entries = await summed(id);
    expect(balance).toBe(325 + (entries['void manual']?.[0] ?? 0) + (entries['unvoid manual']?.[0] ?? 0));
    expect(balance).toBeGreaterThanOrEqual(0);
  });
});
