// Makes the usage totals and rollups what the events add up to: `pnpm rebuild:usage [ENVIRONMENT…]`, all of them without one.
// With the API's own DATABASE_URL. Prints each total that was wrong; ends with 0 also when there were some.
import pg from 'pg';
import { propertyValuesMax } from './modules/usage/rollup-limits.ts';

const connectionString = process.env['DATABASE_URL'];
if (connectionString === undefined || connectionString === '') {
  process.stderr.write('DATABASE_URL is not set.\n');
  process.exit(1);
}
const client = new pg.Client({ connectionString });
await client.connect();
try {
  const chosen = process.argv.slice(2);
  const all = await client.query<{ id: string }>('select id from app.environments_with_usage() as id');
  for (const id of chosen.length > 0 ? chosen : all.rows.map((row) => row.id)) {
    const { rows } = await client.query<Record<string, string | null>>(
      'select customer_id, meter_id, period_start::text, value_before::text, value_after::text from app.rebuild_usage($1, now())',
      [id],
    );
    for (const row of rows) {
      process.stdout.write(
        `${id} ${row['customer_id']} ${row['meter_id']} ${row['period_start']}: ${row['value_before']} -> ${row['value_after']}\n`,
      );
    }
    await client.query('select app.rebuild_usage_rollups($1, $2, now())', [id, propertyValuesMax]);
  }
} finally {
  await client.end();
}
