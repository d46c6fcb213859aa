import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@billingos/local-stack/free-port';
import { startPostgres } from '@billingos/local-stack/postgres';
import { respondsOk, startService, waitUntilReady } from '@billingos/local-stack/processes';
import { startRedis } from '@billingos/local-stack/redis';
import pg from 'pg';
import { migrate } from '../src/platform/database/migrate.ts';
import { seed, seedMany } from './seed.ts';

export interface BenchStack {
  apiUrl: string;
  bareUrl: string;
  apiPid: number;
  ownerUrl: string;
  secretKey: string;
  /** Adds customers until there are a million. */
  seedMany(): Promise<void>;
  stop(): Promise<void>;
}

const folderOf = fileURLToPath(new URL('..', import.meta.url));

/** Postgres that waits for the disk, Redis, the built API and the bare server, all on free ports. */
export async function startBenchStack(): Promise<BenchStack> {
  const folder = mkdtempSync(join(tmpdir(), 'billingos-bench-'));
  const stops: (() => Promise<void>)[] = [
    () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
  ];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) {
      await end();
    }
  };
  try {
    const postgres = await startPostgres({ durable: true });
    stops.push(postgres.stop);
    const redis = await startRedis({ dir: folder });
    stops.push(redis.stop);

    const apiDatabase = await prepareDatabase(postgres.url);
    const secretKey = await seed(postgres.url, redis.url);

    const apiPort = await freePort();
    const api = await startService({
      name: 'api',
      command: process.execPath,
      args: [join(folderOf, 'dist', 'main.js')],
      env: {
        ...process.env,
        NODE_ENV: 'development',
        LOG_LEVEL: 'warn',
        API_PORT: String(apiPort),
        DATABASE_URL: apiDatabase,
        REDIS_URL: redis.url,
        SUPABASE_URL: 'http://127.0.0.1:9',
      },
      logFile: join(folder, 'api.log'),
    });
    stops.push(api.stop);
    const apiUrl = `http://127.0.0.1:${apiPort}`;
    await waitUntilReady(api, () => respondsOk(`${apiUrl}/health/ready`));

    const barePort = await freePort();
    const bare = await startService({
      name: 'bare',
      command: process.execPath,
      args: [fileURLToPath(new URL('bare.ts', import.meta.url))],
      env: { ...process.env, PORT: String(barePort), REDIS_URL: redis.url, DATABASE_URL: postgres.url },
      logFile: join(folder, 'bare.log'),
    });
    stops.push(bare.stop);
    const bareUrl = `http://127.0.0.1:${barePort}`;
    await waitUntilReady(bare, () => respondsOk(`${bareUrl}/check?customer=user_1`));
    return {
      apiUrl,
      bareUrl,
      apiPid: api.pid,
      ownerUrl: postgres.url,
      secretKey,
      seedMany: () => seedMany(postgres.url),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Migrates, and returns the connection string of the API's role. */
async function prepareDatabase(ownerUrl: string): Promise<string> {
  const password = 'only-for-benchmarks';
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query('create role anon nologin; create role authenticated nologin;');
    await migrate(ownerUrl);
    await client.query(`alter role billingos_api login password '${password}'`);
  } finally {
    await client.end();
  }
  const url = new URL(ownerUrl);
  url.username = 'billingos_api';
  url.password = password;
  return url.toString();
}
