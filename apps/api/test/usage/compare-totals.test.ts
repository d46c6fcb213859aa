import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CompareTotals } from '../../src/modules/usage/compare-totals.ts';
import { type Json, startApi, type Tenant, type TestApi } from '../fixtures/api.ts';

let api: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const aggregations = ['count', 'sum', 'max', 'unique', 'latest'] as const;
let keys = 0;

async function newTenant(): Promise<Tenant> {
  const made = await api.newTenant();
  for (const aggregation of aggregations) {
    const { status } = await made.asServer('POST', 'meters', {
      key: aggregation,
      name: aggregation,
      aggregation,
      ...(aggregation === 'unique' ? { property: 'user' } : {}),
    });
    expect(status).toBe(201);
  }
  return made;
}

async function track(customer: string, meter: string, value: number): Promise<void> {
  const { body } = await tenant.asServer('POST', 'usage/track', {
    idempotency_key: `compared-${++keys}`,
    customer,
    meter,
    value,
    properties: { user: `u${value}` },
  });
  expect(body['status']).toBe('accepted');
}

/** Each run an hour after the last. Returns the alerts that are open then. */
let hour = 0;
async function compare(): Promise<Json[]> {
  api.setTime(new Date(Date.now() + ++hour * 3_600_000));
  await api.app.get(CompareTotals).run();
  return openAlerts();
}

async function openAlerts(): Promise<Json[]> {
  const alerts: Json[] = (await tenant.asOwner('GET', 'alerts')).body['data'];
  return alerts.filter(({ resolved_at: at }) => at === null);
}

// INV-2
describe('totals of usage', () => {
  it('are compared with their events every hour, and one that differs is told of', async () => {
    tenant = await newTenant();
    for (const aggregation of aggregations) {
      for (const value of [3, 9, 9, 4]) {
        await track('right', aggregation, value);
        await track('wrong', aggregation, value);
      }
    }
    await tenant.asServer('POST', 'usage/corrections', {
      idempotency_key: 'correction',
      customer: 'right',
      meter: 'sum',
      value: -2,
      reason: 'Counted twice.',
    });
    expect(await compare()).toEqual([]);

    const { owner } = api.database;
    for (const aggregation of aggregations) {
      const { rows } = await owner.query<{ customer: string; value: string }>(
        `update usage_records r set value = r.value + 1
         from customers c, meters m
         where r.environment_id = $1 and c.environment_id = $1 and c.id = r.customer_id and c.external_id = 'wrong'
           and m.environment_id = $1 and m.id = r.meter_id and m.key = $2
         returning c.id as customer, r.value`,
        [tenant.environment_id, aggregation],
      );
      const alerts = await compare();
      expect(alerts).toMatchObject([
        { kind: 'usage.totals_differ', target: { type: 'customer', id: rows[0]?.customer } },
      ]);
      expect(alerts[0]?.['detail']).toContain(
        `kept ${Number(rows[0]?.value)}, events ${Number(rows[0]?.value) - 1}`,
      );
      await owner.query(`select app.rebuild_usage($1, now())`, [tenant.environment_id]);
      await tenant.asOwner('POST', `alerts/${alerts[0]?.['id']}/resolve`);
    }
    expect(await compare()).toEqual([]);
  });

  it('are compared once an hour, whoever looks', async () => {
    tenant = await newTenant();
    await track('user_1', 'sum', 5);
    await compare();
    await api.database.owner.query(`update usage_records set value = 6 where environment_id = $1`, [
      tenant.environment_id,
    ]);
    await api.app.get(CompareTotals).run();
    expect(await openAlerts()).toEqual([]);
    expect(await compare()).toHaveLength(1);
  });

  it('are read together with their events, so that what is recorded meanwhile is no difference', async () => {
    tenant = await newTenant();
    let isOver = false;
    const tracking = Promise.all(
      Array.from({ length: 8 }, async (_, customer) => {
        for (let i = 0; i < 40; i++) {
          await track(`user_${customer % 2}`, aggregations[i % aggregations.length] ?? 'sum', i);
        }
      }),
    ).finally(() => {
      isOver = true;
    });
    let compared = 0;
    while (!isOver) {
      const { rows } = await api.database.owner.query(
        `select * from app.wrong_usage_totals($1, '-infinity', 1000, 100000)`,
        [tenant.environment_id],
      );
      expect(rows).toEqual([]);
      compared += 1;
    }
    await tracking;
    expect(compared).toBeGreaterThan(5);
  });

  it('are compared up to a bound, others each time', async () => {
    tenant = await newTenant();
    const { owner } = api.database;
    for (const customer of ['a', 'b', 'c', 'd']) {
      await track(customer, 'sum', 1);
      await track(customer, 'sum', 1);
    }
    await owner.query(`update usage_records set value = 7 where environment_id = $1`, [
      tenant.environment_id,
    ]);
    const wrong = async (totals: number, events: number): Promise<string[]> =>
      (
        await owner.query<{ customer_id: string }>(
          `select customer_id from app.wrong_usage_totals($1, '-infinity', $2, $3)`,
          [tenant.environment_id, totals, events],
        )
      ).rows.map(({ customer_id: id }) => id);

    expect(await wrong(100, 100)).toHaveLength(4);
    expect(await wrong(3, 100)).toHaveLength(3);
    // Two events each: the second begins below three events, the third does not.
    expect(await wrong(100, 3)).toHaveLength(2);
    expect(await wrong(100, 1)).toEqual([]);
    const seen = new Set<string>();
    while (seen.size < 4) {
      (await wrong(1, 100)).forEach((id) => seen.add(id));
    }
  });
});
