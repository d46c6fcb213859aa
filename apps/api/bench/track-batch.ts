// A thousand events a request, beside the least that storing them can cost: one insert of the same rows by `pg`.
import { randomInt } from 'node:crypto';
import pg from 'pg';
import { newId } from '../src/platform/ids.ts';
import { customers } from './seed.ts';
import type { BenchStack } from './stack.ts';

const eventsPerRequest = 1_000;
const connections = 2;
const rounds = 3;
const roundMs = 3_000;

let sent = 0;

/** Events a second of both, each the best of its rounds. */
export async function measureBatches(stack: BenchStack): Promise<{ ours: number; baseline: number }> {
  const pool = new pg.Pool({ connectionString: stack.ownerUrl, max: connections });
  try {
    const ours: number[] = [];
    const baseline: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const inserted = await perSecond(() => insertRows(pool));
      const tracked = await perSecond(() => track(stack));
      // The first one warms up.
      if (round > 0) {
        baseline.push(inserted);
        ours.push(tracked);
      }
    }
    return { ours: Math.max(...ours), baseline: Math.max(...baseline) };
  } finally {
    await pool.end();
  }
}

async function perSecond(store: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  let events = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() - startedAt < roundMs) {
        await store();
        events += eventsPerRequest;
      }
    }),
  );
  return (events * 1_000) / (performance.now() - startedAt);
}

async function track({ apiUrl, secretKey }: BenchStack): Promise<void> {
  const events = Array.from({ length: eventsPerRequest }, () => ({
    idempotency_key: `batch_${++sent}`,
    customer: `user_${randomInt(customers) + 1}`,
    meter: 'api_calls',
    value: 1,
  }));
  const answer = await fetch(`${apiUrl}/api/v1/usage/track`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events }),
  });
  const text = await answer.text();
  if (!answer.ok || text.includes('"rejected"')) {
    throw new Error(`A batch was refused with ${answer.status}: ${text.slice(0, 500)}`);
  }
}

async function insertRows(pool: pg.Pool): Promise<void> {
  const now = new Date();
  const rows = Array.from({ length: eventsPerRequest }, () => {
    const customer = `cus_${randomInt(customers) + 1}`;
    return ['env', newId('usage_event'), `raw_${++sent}`, customer, 'mtr', 1, now, now, now];
  });
  const values = rows.map((row, index) => {
    const placeholders = row.map((_, column) => `$${index * row.length + column + 1}`);
    return `(${placeholders.join(',')})`;
  });
  await pool.query(
    `insert into usage_events (environment_id, id, idempotency_key, customer_id, meter_id, value, occurred_at,
       received_at, period_start) values ${values.join(',')}`,
    rows.flat(),
  );
}
