import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

/** From `src` and from `dist` alike. */
const defaultFolder = fileURLToPath(new URL('../../../../../supabase/migrations', import.meta.url));
const migrationName = /^(\d{14})_([a-z0-9_]+)\.sql$/;
/** Any number: the same for everyone who migrates this database. */
const advisoryLock = 7_202_611;

/**
 * Applies the SQL files of `supabase/migrations` that were not applied yet, in order, each in its own transaction,
 * and records them where Supabase's own command line does (`supabase_migrations.schema_migrations`).
 * Returns the names applied. Safe to run from several processes at once.
 */
export async function migrate(databaseUrl: string, folder: string = defaultFolder): Promise<string[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'billingos-migrate' });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [advisoryLock]);
    await client.query(`
      create schema if not exists supabase_migrations;
      create table if not exists supabase_migrations.schema_migrations (
        version text primary key, statements text[], name text
      )`);
    const { rows } = await client.query<{ version: string }>(
      'select version from supabase_migrations.schema_migrations',
    );
    const applied = new Set(rows.map((row) => row.version));

    const done = [];
    for (const file of files) {
      const [, version, name] = migrationName.exec(file) ?? [];
      if (version === undefined || name === undefined) {
        throw new Error(`${file} is not named YYYYMMDDHHMMSS_verb_noun.sql.`);
      }
      if (!applied.has(version)) {
        await apply(client, { version, name, statements: await readFile(join(folder, file), 'utf8') });
        done.push(file);
      }
    }
    return done;
  } finally {
    await client.end();
  }
}

async function apply(
  client: pg.Client,
  migration: { version: string; name: string; statements: string },
): Promise<void> {
  await client.query('begin');
  try {
    await client.query(migration.statements);
    await client.query(
      'insert into supabase_migrations.schema_migrations (version, statements, name) values ($1, $2, $3)',
      [migration.version, [migration.statements], migration.name],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new Error(`Migration ${migration.version}_${migration.name} failed and was rolled back.`, {
      cause: error,
    });
  }
}
