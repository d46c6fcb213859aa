import { accessSync, constants, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { applyMigrations, openApiRole, startApi, startWeb, startWorker } from './apps.ts';
import { claimPorts, type PortClaim } from './claim-port.ts';
import { startEmulator } from './emulator.ts';
import { startMail } from './mail.ts';
import { startPostgres } from './postgres.ts';
import { StackError } from './processes.ts';
import { startRedis } from './redis.ts';
import { loadSecrets, type Secrets } from './secrets.ts';
import type { Settings } from './settings.ts';
import { StartedServices } from './started-services.ts';
import { prepareSupabaseDatabase, startSupabase } from './supabase.ts';

/** Where everything can be reached. */
export interface RunningStack {
  webUrl: string;
  apiUrl: string;
  supabaseUrl: string;
  supabasePublishableKey: string;
  /** The page that shows every mail; undefined when SMTP_URL sends them for real. */
  mailUrl: string | undefined;
  /** Undefined when both modes have real Stripe keys. */
  stripeEmulatorUrl: string | undefined;
  /** Of the person who owns the demo merchant. */
  demoPassword: string;
  /** Settles, with a message for a person, when a part ends by itself. */
  failure: Promise<string>;
  /** Ends every part in reverse order: first what takes requests, last what they are kept in. */
  stop(): Promise<void>;
}

interface Start {
  settings: Settings;
  secrets: Secrets;
  started: StartedServices;
  say: (line: string) => void;
}

/**
 * Starts every part that no URL replaces, applies the migrations, and returns when all of them are ready.
 * Expects a finished build. When a part fails, or `interrupted` fires, everything that was started is ended
 * before the StackError is thrown.
 */
export async function startStack(
  settings: Settings,
  options: { say?: (line: string) => void; interrupted?: AbortSignal } = {},
): Promise<RunningStack> {
  const dataDir = settings.values.BILLINGOS_DATA_DIR;
  prepareDataDir(dataDir);
  await claimPorts(neededPorts(settings));
  const secrets = await loadSecrets(dataDir);
  const started = new StartedServices();
  options.interrupted?.addEventListener('abort', () => void started.stop(), { once: true });
  if (options.interrupted?.aborted === true) throw new StackError('The start was interrupted.');
  try {
    return await startParts({ settings, secrets, started, say: options.say ?? (() => undefined) });
  } catch (error) {
    await started.stop();
    throw error;
  }
}

async function startParts(start: Start): Promise<RunningStack> {
  const { settings, secrets, started } = start;
  const { values } = settings;
  const [ownerUrl, redisUrl, mail, stripe] = await allStarted([
    startDatabase(start),
    startQueue(start),
    startInbox(start),
    startStripe(start),
  ]);
  const supabase = await startAuth(start, { ownerUrl, smtpUrl: mail.smtpUrl });
  const env: NodeJS.ProcessEnv = {
    NODE_ENV: 'development',
    // Long enough to gather a batch, short enough to watch it arrive.
    USAGE_FORWARD_SECONDS: '2',
    ...settings.given,
    WEB_URL: settings.webUrl,
    API_URL: settings.apiUrl,
    API_INTERNAL_URL: `http://127.0.0.1:${values.API_PORT}`,
    API_PORT: String(values.API_PORT),
    WORKER_PORT: String(values.WORKER_PORT),
    DATABASE_URL: values.DATABASE_URL ?? (await openApiRole(ownerUrl, secrets.apiDatabasePassword)),
    REDIS_URL: redisUrl,
    SUPABASE_URL: supabase.url,
    SUPABASE_PUBLISHABLE_KEY: supabase.publishableKey,
    SMTP_URL: mail.smtpUrl,
    ...stripe.env,
  };
  // The processes that serve requests need no right to change the schema.
  delete env['MIGRATION_DATABASE_URL'];
  await allStarted([
    startApi(env, values.API_PORT, logFile(start, 'api')).then((app) => started.add(app)),
    startWorker(env, values.WORKER_PORT, logFile(start, 'worker')).then((app) => started.add(app)),
    startWeb(env, values.WEB_PORT, logFile(start, 'web')).then((app) => started.add(app)),
  ]);
  return {
    webUrl: settings.webUrl,
    apiUrl: settings.apiUrl,
    supabaseUrl: supabase.url,
    supabasePublishableKey: supabase.publishableKey,
    mailUrl: mail.url,
    stripeEmulatorUrl: stripe.url,
    demoPassword: secrets.demoPassword,
    failure: started.failure,
    stop: () => started.stop(),
  };
}

/** Returns the connection string of the schema's owner. */
async function startDatabase(start: Start): Promise<string> {
  const { values } = start.settings;
  if (values.MIGRATION_DATABASE_URL !== undefined) return values.MIGRATION_DATABASE_URL;
  const dataDir = join(values.BILLINGOS_DATA_DIR, 'postgres');
  const postgres = await startPostgres({
    dataDir,
    port: values.POSTGRES_PORT,
    durable: true,
    password: start.secrets.postgresPassword,
    logFile: logFile(start, 'postgres'),
  });
  await start.started.add(postgres);
  if (postgres.dataDir !== dataDir) {
    start.say(
      `Postgres keeps its data in ${postgres.dataDir}: its user may not enter ${values.BILLINGOS_DATA_DIR}.`,
    );
  }
  return postgres.url;
}

async function startQueue(start: Start): Promise<string> {
  const { values } = start.settings;
  if (values.REDIS_URL !== undefined) return values.REDIS_URL;
  const redis = await startRedis({
    dir: join(values.BILLINGOS_DATA_DIR, 'redis'),
    unpackDir: join(values.BILLINGOS_DATA_DIR, 'programs'),
    port: values.REDIS_PORT,
    password: start.secrets.redisPassword,
    logFile: logFile(start, 'redis'),
    say: start.say,
  });
  await start.started.add(redis);
  return redis.url;
}

async function startInbox(start: Start): Promise<{ smtpUrl: string; url: string | undefined }> {
  const { values } = start.settings;
  if (values.SMTP_URL !== undefined) return { smtpUrl: values.SMTP_URL, url: undefined };
  const mail = await startMail({
    dir: join(values.BILLINGOS_DATA_DIR, 'mail'),
    smtpPort: values.MAIL_SMTP_PORT,
    webPort: values.MAIL_WEB_PORT,
    logFile: logFile(start, 'mail'),
  });
  await start.started.add(mail);
  return { smtpUrl: mail.smtpUrl, url: mail.url };
}

/** The emulator serves each mode that has no Stripe key of its own. */
async function startStripe(start: Start): Promise<{ env: NodeJS.ProcessEnv; url: string | undefined }> {
  const { settings, secrets } = start;
  const { values } = settings;
  if (!needsEmulator(settings)) return { env: {}, url: values.STRIPE_EMULATOR_URL };
  const emulator = await startEmulator({
    dataDir: join(values.BILLINGOS_DATA_DIR, 'stripe'),
    port: values.STRIPE_EMULATOR_PORT,
    apiUrl: `http://127.0.0.1:${values.API_PORT}`,
    testWebhookSecret: secrets.stripeTestWebhookSecret,
    liveWebhookSecret: secrets.stripeLiveWebhookSecret,
    logFile: logFile(start, 'stripe-emulator'),
  });
  await start.started.add(emulator);
  const env: NodeJS.ProcessEnv = { STRIPE_EMULATOR_URL: emulator.url };
  if (values.STRIPE_TEST_SECRET_KEY === undefined) {
    env['STRIPE_TEST_WEBHOOK_SECRETS'] = secrets.stripeTestWebhookSecret;
  }
  if (values.STRIPE_LIVE_SECRET_KEY === undefined) {
    env['STRIPE_LIVE_WEBHOOK_SECRETS'] = secrets.stripeLiveWebhookSecret;
  }
  return { env, url: emulator.url };
}

/** Migrates, and starts Supabase beside it unless a hosted one is used. */
async function startAuth(
  start: Start,
  { ownerUrl, smtpUrl }: { ownerUrl: string; smtpUrl: string },
): Promise<{ url: string; publishableKey: string }> {
  const { settings, secrets, started } = start;
  const {
    SUPABASE_URL: url,
    SUPABASE_PUBLISHABLE_KEY: publishableKey,
    SUPABASE_PORT: port,
  } = settings.values;
  if (url !== undefined && publishableKey !== undefined) {
    await applyMigrations(ownerUrl);
    return { url, publishableKey };
  }
  // The migrations take rights away from the REST roles, so those must exist first, as on a hosted database.
  await prepareSupabaseDatabase(ownerUrl, secrets.supabase.databasePassword);
  const [supabase] = await allStarted([
    startSupabase({
      databaseUrl: ownerUrl,
      port,
      webUrl: settings.webUrl,
      smtpUrl,
      secrets: secrets.supabase,
      logFile: logFile(start, 'supabase'),
      env: { ...process.env, ...settings.given },
    }).then((part) => started.add(part)),
    applyMigrations(ownerUrl),
  ]);
  return supabase;
}

function needsEmulator({ values }: Settings): boolean {
  const hasBothKeys =
    values.STRIPE_TEST_SECRET_KEY !== undefined && values.STRIPE_LIVE_SECRET_KEY !== undefined;
  return values.STRIPE_EMULATOR_URL === undefined && !hasBothKeys;
}

function neededPorts(settings: Settings): PortClaim[] {
  const { values } = settings;
  const claims: (PortClaim & { needed: boolean })[] = [
    { part: 'web', port: values.WEB_PORT, variable: 'WEB_PORT', needed: true },
    { part: 'api', port: values.API_PORT, variable: 'API_PORT', needed: true },
    { part: 'worker', port: values.WORKER_PORT, variable: 'WORKER_PORT', needed: true },
    {
      part: 'Supabase',
      port: values.SUPABASE_PORT,
      variable: 'SUPABASE_PORT',
      needed: values.SUPABASE_URL === undefined,
    },
    {
      part: 'Postgres',
      port: values.POSTGRES_PORT,
      variable: 'POSTGRES_PORT',
      needed: values.DATABASE_URL === undefined,
    },
    {
      part: 'mail inbox',
      port: values.MAIL_WEB_PORT,
      variable: 'MAIL_WEB_PORT',
      needed: values.SMTP_URL === undefined,
    },
    {
      part: 'SMTP',
      port: values.MAIL_SMTP_PORT,
      variable: 'MAIL_SMTP_PORT',
      needed: values.SMTP_URL === undefined,
    },
    {
      part: 'Redis',
      port: values.REDIS_PORT,
      variable: 'REDIS_PORT',
      needed: values.REDIS_URL === undefined,
    },
    {
      part: 'Stripe emulator',
      port: values.STRIPE_EMULATOR_PORT,
      variable: 'STRIPE_EMULATOR_PORT',
      needed: needsEmulator(settings),
    },
  ];
  return claims.filter(({ needed }) => needed);
}

function prepareDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    rmSync(join(dataDir, 'logs'), { recursive: true, force: true });
  } catch {
    throw new StackError(
      `The data folder ${dataDir} belongs to somebody else (was the stack started as another user?). ` +
        'Give it to yourself with chown, or set BILLINGOS_DATA_DIR to another folder in .env.',
    );
  }
}

function logFile({ settings }: Start, part: string): string {
  return join(settings.values.BILLINGOS_DATA_DIR, 'logs', `${part}.log`);
}

/** Like Promise.all, but waits for the others before it throws: what is half started must be known to be ended. */
async function allStarted<T extends readonly unknown[]>(
  parts: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(parts);
  return Promise.all(parts);
}
