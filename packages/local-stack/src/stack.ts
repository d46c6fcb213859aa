import { accessSync, constants, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openApiRole, startApi, startWeb, startWorker } from './apps.ts';
import { claimPorts } from './claim-port.ts';
import {
  logFile,
  startAuth,
  startDatabase,
  startInbox,
  startQueue,
  startStripe,
  type Start,
} from './infrastructure.ts';
import { StackError } from './processes.ts';
import { loadSecrets } from './secrets.ts';
import type { Settings } from './settings.ts';
import { neededPorts } from './stack-ports.ts';
import { allStarted, StartedServices } from './started-services.ts';

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

/**
 * Starts every part that no URL replaces, applies the migrations, and returns when all of them are ready.
 * Expects a finished build. When a part fails, or `interrupted` fires, everything that was started is ended
 * before the StackError is thrown.
 */
export async function startStack(
  settings: Settings,
  options: { say?: (line: string) => void; interrupted?: AbortSignal; stripeBeginsAt?: Date } = {},
): Promise<RunningStack> {
  const dataDir = settings.values.BILLINGOS_DATA_DIR;
  prepareDataDir(dataDir);
  await claimPorts(neededPorts(settings));
  const secrets = await loadSecrets(dataDir);
  const started = new StartedServices();
  options.interrupted?.addEventListener('abort', () => void started.stop(), { once: true });
  if (options.interrupted?.aborted === true) throw new StackError('The start was interrupted.');
  try {
    const { say = () => undefined, stripeBeginsAt } = options;
    return await startParts({ settings, secrets, started, say, stripeBeginsAt });
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
    SECRETS_KEY: secrets.secretsKey,
    ...settings.given,
    WEB_URL: settings.webUrl,
    API_URL: settings.apiUrl,
    API_INTERNAL_URL: `http://127.0.0.1:${values.API_PORT}`,
    API_PORT: String(values.API_PORT),
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
    startWorker(env, logFile(start, 'worker')).then((app) => started.add(app)),
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
