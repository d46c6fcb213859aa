import pg from 'pg';

const rowsPerInsert = 500_000;

/** Stores so many events, of now or of the last days, with their keys, as if they had been tracked. */
export async function fill(ownerUrl: string, rows: number, days = 0): Promise<void> {
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
           select 'env', 'evt_' || lpad(i::text, 32, '0'), md5(i::text), 'cus_' || 1 + i % 1000, 'mtr', 1, t.at, t.at,
             date_trunc('month', t.at)
           from generate_series($1::int, $2::int) i
           cross join lateral (select now() - $3 * interval '1 day' * (1 - i::float / $4)) t (at)
         )
         insert into usage_keys (environment_id, key, fingerprint, event_id, received_at)
         select 'env', md5(i::text), decode(md5(i::text), 'hex'), 'evt_' || lpad(i::text, 32, '0'), now()
         from generate_series($1::int, $2::int) i`,
        [from, to, days, rows],
      );
    }
    await client.query('vacuum analyze usage_events, usage_keys');
    await client.query('checkpoint');
  } finally {
    await client.end();
  }
}
