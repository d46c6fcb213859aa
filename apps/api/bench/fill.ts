import pg from 'pg';

const rowsPerInsert = 500_000;

/** Stores so many events of the last days, with their keys, as if they had been tracked. */
export async function fill(ownerUrl: string, rows: number): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    // What it measures is how the tables are when they are full, not how they were filled.
    await client.query('set synchronous_commit = off');
    for (let from = 1; from <= rows; from += rowsPerInsert) {
      const to = Math.min(rows, from + rowsPerInsert - 1);
      await client.query(
        `with events as (
           insert into usage_events (environment_id, id, idempotency_key, customer_id, meter_id, value, occurred_at,
             received_at, period_start)
           select 'env', 'evt_' || lpad(i::text, 32, '0'), md5(i::text), 'cus_' || 1 + i % 1000, 'mtr', 1, now(), now(),
             now()
           from generate_series($1::int, $2::int) i
         )
         insert into usage_keys (environment_id, key, fingerprint, event_id, received_at)
         select 'env', md5(i::text), decode(md5(i::text), 'hex'), 'evt_' || lpad(i::text, 32, '0'), now()
         from generate_series($1::int, $2::int) i`,
        [from, to],
      );
    }
    await client.query('vacuum analyze usage_events, usage_keys');
    await client.query('checkpoint');
  } finally {
    await client.end();
  }
}
