import { join } from 'node:path';
import { applyMigrations } from './apps.ts';
import { startEmulator } from './emulator.ts';
import { startMail } from './mail.ts';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';
import type { Secrets } from './secrets.ts';
import { needsEmulator, type Settings } from './settings.ts';
import { allStarted, type StartedServices } from './started-services.ts';
import { prepareSupabaseDatabase, startSupabase } from './supabase.ts';

/** What the start of every part needs to know. */
export interface Start {
  settings: Settings;
  secrets: Secrets;
  started: StartedServices;
  say: (line: string) => void;
  /** Where the time of a new Stripe emulator begins; now when undefined. */
  stripeBeginsAt: Date | undefined;
}

/** Postgres, unless one is given. Returns the connection string of the schema's owner. */
export async function startDatabase(start: Start): Promise<string> {
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

/** Redis, unless one is given. Returns its URL. */
export async function startQueue(start: Start): Promise<string> {
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

/** The mail inbox, unless mails are sent for real. */
export async function startInbox(start: Start): Promise<{ smtpUrl: string; url: string | undefined }> {
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
export async function startStripe(
  start: Start,
): Promise<{ env: NodeJS.ProcessEnv; url: string | undefined }> {
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
    beginsAt: start.stripeBeginsAt,
  });
  await start.started.add(emulator);
  const env: NodeJS.ProcessEnv = { STRIPE_EMULATOR_URL: emulator.url };
  if (values.STRIPE_TEST_SECRET_KEY === undefined) {
    env['STRIPE_TEST_WEBHOOK_SECRETS'] = secrets.stripeTestWebhookSecret;
  }
  if (values.STRIPE_LIVE_SECRET_KEY === undefined) {
    env['STRIPE_LIVE_WEBHOOK_SECRETS'] = secrets.stripeLiveWebhookSecret;
  }
  if (settings.given['STRIPE_JS_URL'] === undefined) {
    env['STRIPE_JS_URL'] = `${emulator.url}/v3/`;
  }
  return { env, url: emulator.url };
}

/** Migrates, and starts Supabase beside it unless a hosted one is used. */
export async function startAuth(
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

/** Where a part writes what it says; the folder is emptied at each start. */
export function logFile({ settings }: Start, part: string): string {
  return join(settings.values.BILLINGOS_DATA_DIR, 'logs', `${part}.log`);
}
