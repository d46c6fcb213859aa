import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

/** From `src` and from `dist` alike. */
const defaultFolder = fileURLToPath(new URL('../../../../../supabase', import.meta.url));
const migrationName = /^(\d{14})_([a-z0-9_]+)\.sql$/;
/** Any number: the same for everyone who migrates this database. */
const advisoryLock = 7_202_611;

/**
 * Brings a database up to date with `supabase`: first the files of `migrations` that were not applied yet, in order, each in
 * its own transaction, recorded where Supabase's own command line does (`supabase_migrations.schema_migrations`); then
 * those of `routines` that are not what was applied last, all in one transaction. Returns the files applied. Safe to run
 * from several processes at once.
 */
export async function migrate(databaseUrl: string, folder: string = defaultFolder): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'billingos-migrate' });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [advisoryLock]);
    await client.query(`
      create schema if not exists supabase_migrations;
      create table if not exists supabase_migrations.schema_migrations (
        version text primary key, statements text[], name text
      );
      create table if not exists supabase_migrations.routines (name text primary key, sha256 text not null)`);
    return [
      ...(await applyMigrations(client, join(folder, 'migrations'))),
      ...(await applyRoutines(client, join(folder, 'routines'))),
    ];
  } finally {
    await client.end();
  }
}

async function applyMigrations(client: pg.Client, folder: string): Promise<string[]> {
  const { rows } = await client.query<{ version: string }>(
    'select version from supabase_migrations.schema_migrations',
  );
  const applied = new Set(rows.map((row) => row.version));
  const done = [];
  for (const file of await sqlFiles(folder)) {
    const [, version, name] = migrationName.exec(file) ?? [];
    if (version === undefined || name === undefined) {
      throw new Error(`${file} is not named YYYYMMDDHHMMSS_verb_noun.sql.`);
    }
    if (!applied.has(version)) {
      const statements = await readFile(join(folder, file), 'utf8');
      await inTransaction(client, `Migration ${file}`, async () => {
        await client.query(statements);
        await client.query(
          'insert into supabase_migrations.schema_migrations (version, statements, name) values ($1, $2, $3)',
          [version, [statements], name],
        );
      });
      done.push(file);
    }
  }
  return done;
}

/** A routine may name another that comes after it, so bodies are not looked into before all are there. */
async function applyRoutines(client: pg.Client, folder: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string; sha256: string }>(
    'select name, sha256 from supabase_migrations.routines',
  );
  const applied = new Map(rows.map(({ name, sha256 }) => [name, sha256]));
  const changed: { name: string; statements: string; sha256: string }[] = [];
  for (const name of await sqlFiles(folder)) {
    const statements = await readFile(join(folder, name), 'utf8');
    const sha256 = createHash('sha256').update(statements).digest('hex');
    if (applied.get(name) !== sha256) {
      changed.push({ name, statements, sha256 });
    }
  }
  if (changed.length > 0) {
    await inTransaction(client, 'The routines', async () => {
      await client.query(`set local lock_timeout = '5s'; set local check_function_bodies = off`);
      for (const { name, statements, sha256 } of changed) {
        await client.query(statements).catch((error: unknown) => {
          throw new Error(`${name} cannot be applied.`, { cause: error });
        });
        await client.query(
          `insert into supabase_migrations.routines (name, sha256) values ($1, $2)
           on conflict (name) do update set sha256 = excluded.sha256`,
          [name, sha256],
        );
      }
    });
  }
  return changed.map(({ name }) => name);
}

async function sqlFiles(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.sql')).sort();
}

async function inTransaction(client: pg.Client, what: string, work: () => Promise<void>): Promise<void> {
  await client.query('begin');
  try {
    await work();
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new Error(`${what} failed and was rolled back.`, { cause: error });
  }
}
