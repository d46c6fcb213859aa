import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { respondsOk, StackError, startService, waitUntilReady, type Service } from './processes.ts';
import { projectDir } from './settings.ts';

interface App {
  service: Service;
}

const apiDir = join(projectDir, 'apps', 'api');
const webDir = join(projectDir, 'apps', 'web');

/** Applies the migrations that are missing, as the owner of the schema. Throws StackError with what failed. */
export async function applyMigrations(ownerUrl: string): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [join(apiDir, 'dist', 'migrate.js')], {
      env: { ...process.env, MIGRATION_DATABASE_URL: ownerUrl },
    });
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new StackError(`The database could not be migrated:\n${output.trim()}`);
  }
}

/** Lets the api's role log in with this password; the migrations create it without one. Returns its URL. */
export async function openApiRole(ownerUrl: string, password: string): Promise<string> {
  const client = new pg.Client(ownerUrl);
  await client.connect();
  try {
    await client.query(`alter role billingos_api login password ${client.escapeLiteral(password)}`);
  } finally {
    await client.end();
  }
  const url = new URL(ownerUrl);
  url.username = 'billingos_api';
  url.password = encodeURIComponent(password);
  return url.toString();
}

/** Starts the built api and returns when it says that it and everything it depends on is ready. */
export async function startApi(env: NodeJS.ProcessEnv, port: number, logFile: string): Promise<App> {
  return startApp({
    name: 'api',
    args: [join(apiDir, 'dist', 'main.js')],
    cwd: apiDir,
    env,
    logFile,
    isReady: () => respondsOk(`http://127.0.0.1:${port}/health/ready`),
  });
}

/** Starts the built worker and returns when it takes jobs. */
export async function startWorker(env: NodeJS.ProcessEnv, logFile: string): Promise<App> {
  // It listens on no port: its log is where it says that it has started, which a quieter level would hide.
  const hidesStart = ['warn', 'error', 'fatal', 'silent'].includes(env['LOG_LEVEL'] ?? '');
  return startApp({
    name: 'worker',
    args: [join(apiDir, 'dist', 'worker.js')],
    cwd: apiDir,
    env: hidesStart ? { ...env, LOG_LEVEL: 'info' } : env,
    logFile,
    isReady: async (service) => service.logTail(1000).includes('"worker.started"'),
  });
}

/** Starts the built web app. */
export async function startWeb(env: NodeJS.ProcessEnv, port: number, logFile: string): Promise<App> {
  const next = createRequire(join(webDir, 'package.json')).resolve('next/dist/bin/next');
  return startApp({
    name: 'web',
    args: [next, 'start', '--port', String(port), '--hostname', '127.0.0.1'],
    cwd: webDir,
    // A production server, whatever the api's mode.
    env: { ...env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    logFile,
    isReady: () => respondsOk(`http://127.0.0.1:${port}/`),
  });
}

async function startApp(options: {
  name: string;
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  logFile: string;
  isReady: (service: Service) => Promise<boolean>;
}): Promise<App> {
  const { name, args, cwd, env, logFile, isReady } = options;
  const service = await startService({
    name,
    command: process.execPath,
    args,
    cwd,
    env,
    logFile,
    // Longer than the api's own limit for draining: what it has taken it finishes.
    stopTimeoutMs: 30_000,
  });
  try {
    await waitUntilReady(service, () => isReady(service), 90_000);
  } catch (error) {
    await service.stop();
    throw error;
  }
  return { service };
}
