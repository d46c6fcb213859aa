// Looking at months of usage, added up and at its highest, beside the least that reading the same events can cost:
// counting them.
import pg from 'pg';
import { fill } from './fill.ts';
import type { BenchStack } from './stack.ts';

const rounds = 5;
const day = 24 * 60 * 60 * 1_000;
const daysFilled = 60;
const daysExplored = 30;

/** What is asked for of the last 30 days by day, besides the meter. */
const asked = {
  explore: { meter: 'api_calls', group_by: 'customer', top: '20' },
  explore_india: { meter: 'api_calls', timezone: 'Asia/Kolkata' },
  explore_max: { meter: 'peak', group_by: 'customer', top: '20' },
};

/** Milliseconds, each the best of its rounds. */
export async function measureExploring(
  { ownerUrl, apiUrl, secretKey }: BenchStack,
  events: number,
): Promise<{ name: string; ours: number; baseline: number }[]> {
  await fill(ownerUrl, events, daysFilled);
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query(peaks);
    // What the worker does while the events come.
    for (let more = true; more;) {
      const { rows } = await client.query<{ more: boolean }>(
        'select app.roll_up_usage(50000, 1000, now()) as more',
      );
      more = rows[0]?.more === true;
    }
    await client.query('vacuum analyze usage_rollups');
    const from = new Date(Math.floor(Date.now() / day - daysExplored) * day).toISOString();
    const count = () =>
      client.query(
        `select count(*) from usage_events
         where environment_id = 'env' and meter_id = 'mtr' and occurred_at >= $1 and occurred_at < now()`,
        [from],
      );
    const explore = async (what: Record<string, string>): Promise<void> => {
      const query = new URLSearchParams({ ...what, from });
      const answer = await fetch(`${apiUrl}/api/v1/usage/explore?${query.toString()}`, {
        headers: { authorization: `Bearer ${secretKey}` },
      });
      const text = await answer.text();
      if (!answer.ok || text.includes('"events":0,')) {
        throw new Error(`Exploring was answered with ${answer.status}: ${text.slice(0, 500)}`);
      }
    };
    const measured: { name: string; ours: number; baseline: number }[] = [];
    for (const [name, what] of Object.entries(asked)) {
      const ours: number[] = [];
      const baseline: number[] = [];
      for (let round = 0; round < rounds; round++) {
        baseline.push(await milliseconds(count));
        ours.push(await milliseconds(() => explore(what)));
      }
      measured.push({ name, ours: Math.min(...ours), baseline: Math.min(...baseline) });
    }
    return measured;
  } finally {
    await client.end();
  }
}

/** A meter of the highest value, with as many events. */
const peaks = `
with meter as (
  insert into meters (environment_id, id, key, name, aggregation, created_at)
  values ('env', 'mtr_peak', 'peak', 'Peak', 'max', now())
)
insert into usage_events (environment_id, id, idempotency_key, customer_id, meter_id, value, occurred_at, received_at,
  period_start)
select environment_id, 'evt_p' || substr(id, 6), 'p' || idempotency_key, customer_id, 'mtr_peak',
  hashtext(id) & 1023, occurred_at, received_at, period_start
from usage_events where meter_id = 'mtr'`;

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
