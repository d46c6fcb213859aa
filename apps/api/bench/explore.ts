// Looking at months of usage, beside the least that reading the same events can cost: counting them.
import pg from 'pg';
import { fill } from './fill.ts';
import type { BenchStack } from './stack.ts';

const rounds = 5;
const day = 24 * 60 * 60 * 1_000;
const daysFilled = 60;
const daysExplored = 30;

/** Milliseconds, each the best of its rounds, of the last 30 days by customer and day. */
export async function measureExploring(
  { ownerUrl, apiUrl, secretKey }: BenchStack,
  events: number,
): Promise<{ ours: number; baseline: number }> {
  await fill(ownerUrl, events, daysFilled);
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
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
    const query = new URLSearchParams({ meter: 'api_calls', group_by: 'customer', top: '20', from });
    const explore = async (): Promise<void> => {
      const answer = await fetch(`${apiUrl}/api/v1/usage/explore?${query.toString()}`, {
        headers: { authorization: `Bearer ${secretKey}` },
      });
      const text = await answer.text();
      if (!answer.ok || text.includes('"events":0,')) {
        throw new Error(`Exploring was answered with ${answer.status}: ${text.slice(0, 500)}`);
      }
    };
    const ours: number[] = [];
    const baseline: number[] = [];
    for (let round = 0; round < rounds; round++) {
      baseline.push(await milliseconds(count));
      ours.push(await milliseconds(explore));
    }
    return { ours: Math.min(...ours), baseline: Math.min(...baseline) };
  } finally {
    await client.end();
  }
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
