import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Clock } from '../../src/platform/clock.ts';
import { ClockSync } from '../../src/platform/clock-sync.ts';
import { startApi, type Json, type Tenant, type TestApi } from '../fixtures/api.ts';
import { grant } from '../fixtures/grants.ts';

// INV-7: the machines of two instances are ten minutes ahead of Postgres, and behind it.

const minute = 60_000;

let right: TestApi;
let ahead: TestApi;
let behind: TestApi;
let tenant: Tenant;
beforeAll(async () => {
  right = await startApi();
  tenant = await right.newTenant();
  ahead = await right.another();
  behind = await right.another();
  ahead.app.get(Clock).machine = () => new Date(Date.now() + 10 * minute);
  behind.app.get(Clock).machine = () => new Date(Date.now() - 10 * minute);
  await tenant.asServer('POST', 'features', { key: 'tokens', name: 'Tokens', type: 'metered' });
}, 120_000);
afterAll(async () => {
  await ahead.close();
  await behind.close();
  await right.close();
});

let events = 0;
async function track(api: TestApi, customer: string, occurred: Date): Promise<Json> {
  const { body } = await api.send(
    'POST',
    'usage/track',
    {
      idempotency_key: `skew-${++events}`,
      customer,
      meter: 'tokens',
      value: 1,
      occurred_at: occurred.toISOString(),
    },
    { authorization: `Bearer ${tenant.secretKey}` },
  );
  return body;
}

/** A customer whose period ended so many minutes ago. */
async function customerWhosePeriodEnded(minutesAgo: number): Promise<{ name: string; end: Date }> {
  const name = `ended-${minutesAgo}-${++events}`;
  const end = new Date(Date.now() - minutesAgo * minute);
  await tenant.asServer('POST', 'customers', { external_id: name });
  await grant(right, tenant, { customer: name, feature: 'tokens', limit: 1_000, anchor: end });
  return { name, end };
}

const all = () => [right, ahead, behind];

describe('instances whose machines tell other times', () => {
  it('would decide otherwise by themselves', async () => {
    const { name } = await customerWhosePeriodEnded(5);

    // What is used now lies in the future of the one that is behind.
    expect(await track(behind, name, new Date())).toMatchObject({
      error: { code: 'event_time_out_of_range' },
    });
    const inGrace = await customerWhosePeriodEnded(55);
    expect(await track(ahead, inGrace.name, new Date(inGrace.end.getTime() - minute))).toMatchObject({
      late: true,
    });
  });

  it('go by the clock of Postgres', async () => {
    await Promise.all([ahead.app.get(ClockSync).compare(), behind.app.get(ClockSync).compare()]);
    for (const api of all()) {
      expect(Math.abs(api.app.get(Clock).now().getTime() - Date.now())).toBeLessThan(2_000);
    }

    const now = await customerWhosePeriodEnded(5);
    const inGrace = await customerWhosePeriodEnded(55);
    const closed = await customerWhosePeriodEnded(65);
    for (const api of all()) {
      expect(await track(api, now.name, new Date())).toMatchObject({ status: 'accepted', late: false });
      expect(await track(api, inGrace.name, new Date(inGrace.end.getTime() - minute))).toMatchObject({
        status: 'accepted',
        late: false,
      });
      expect(await track(api, closed.name, new Date(closed.end.getTime() - minute))).toMatchObject({
        status: 'accepted',
        late: true,
      });
      expect(await track(api, now.name, new Date(Date.now() + 6 * minute))).toMatchObject({
        error: { code: 'event_time_out_of_range' },
      });
    }
    const { rows } = await right.database.owner.query<{ name: string; periods: string[] }>(
      `select c.external_id as name, array_agg((r.period_start < $1)::text || ' ' || r.value order by r.period_start) as periods
       from usage_records r join customers c on c.environment_id = r.environment_id and c.id = r.customer_id
       where c.external_id in ($2, $3, $4) group by 1`,
      [new Date(Date.now() - 24 * 60 * minute), now.name, inGrace.name, closed.name],
    );
    expect(Object.fromEntries(rows.map((row) => [row.name, row.periods]))).toEqual({
      [now.name]: ['false 3'],
      [inGrace.name]: ['true 3'],
      [closed.name]: ['false 3'],
    });
  });

  it('and one that is right goes by its own machine', async () => {
    await right.app.get(ClockSync).compare();
    const before = Date.now();
    const now = right.app.get(Clock).now().getTime();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });
});
