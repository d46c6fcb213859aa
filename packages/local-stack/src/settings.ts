import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { freePort } from './free-port.ts';
import { StackError } from './processes.ts';

/** The repository. */
export const projectDir = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

const port = (standard: number) => z.coerce.number().int().min(1).max(65535).default(standard);

const ports = z.object({
  WEB_PORT: port(3000),
  API_PORT: port(3001),
  SUPABASE_PORT: port(54321),
  POSTGRES_PORT: port(54322),
  MAIL_WEB_PORT: port(54324),
  MAIL_SMTP_PORT: port(54325),
  REDIS_PORT: port(54379),
  STRIPE_EMULATOR_PORT: port(12111),
});

const variables = ports.extend({
  BILLINGOS_DATA_DIR: z.string().default(join(projectDir, '.data')),
  DATABASE_URL: z.url().optional(),
  MIGRATION_DATABASE_URL: z.url().optional(),
  REDIS_URL: z.url().optional(),
  SUPABASE_URL: z.url().optional(),
  SUPABASE_PUBLISHABLE_KEY: z.string().optional(),
  SMTP_URL: z.url().optional(),
  STRIPE_TEST_SECRET_KEY: z.string().optional(),
  STRIPE_LIVE_SECRET_KEY: z.string().optional(),
  STRIPE_EMULATOR_URL: z.url().optional(),
  WEB_URL: z.url().optional(),
  API_URL: z.url().optional(),
});

export interface Settings {
  values: z.infer<typeof variables>;
  /** Everything that was given, for the programs that read more of it than the stack does. */
  given: NodeJS.ProcessEnv;
  webUrl: string;
  apiUrl: string;
}

/** The variables of the process, and below them those of the project's `.env`. Empty ones count as not given. */
export function givenVariables(): NodeJS.ProcessEnv {
  const file = join(projectDir, '.env');
  const fromFile = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  const all = Object.entries({ ...fromFile, ...process.env });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined && value !== ''));
}

/** Checks the variables. Throws StackError naming each one that is wrong or misses its companion. */
export function readSettings(given: NodeJS.ProcessEnv): Settings {
  const parsed = variables.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new StackError(`Settings in .env or the environment are wrong:\n  ${problems.join('\n  ')}`);
  }
  const values = parsed.data;
  if ((values.DATABASE_URL === undefined) !== (values.MIGRATION_DATABASE_URL === undefined)) {
    throw new StackError(
      'DATABASE_URL (the api’s role) and MIGRATION_DATABASE_URL (the owner of the schema) go together: set both or neither.',
    );
  }
  if (values.SUPABASE_URL !== undefined && values.SUPABASE_PUBLISHABLE_KEY === undefined) {
    throw new StackError('SUPABASE_URL needs SUPABASE_PUBLISHABLE_KEY beside it.');
  }
  return {
    values: { ...values, BILLINGOS_DATA_DIR: resolve(projectDir, values.BILLINGOS_DATA_DIR) },
    given,
    webUrl: values.WEB_URL ?? `http://localhost:${values.WEB_PORT}`,
    apiUrl: values.API_URL ?? `http://localhost:${values.API_PORT}`,
  };
}

/** Whether a mode is left that has no Stripe key of its own. */
export function needsEmulator({ values }: Settings): boolean {
  const hasBothKeys =
    values.STRIPE_TEST_SECRET_KEY !== undefined && values.STRIPE_LIVE_SECRET_KEY !== undefined;
  return values.STRIPE_EMULATOR_URL === undefined && !hasBothKeys;
}

/** The variables of a second stack beside a running one: every port free, and its own data folder, which is made. */
export async function separateStack(dataDir: string): Promise<Record<string, string>> {
  mkdirSync(dataDir, { recursive: true });
  // A temporary folder is closed to everybody else, and root's Postgres runs as somebody else: let it pass through.
  if (process.getuid?.() === 0) chmodSync(dataDir, 0o711);
  const chosen: Record<string, string> = { BILLINGOS_DATA_DIR: dataDir };
  for (const name of Object.keys(ports.shape)) {
    let candidate = await freePort();
    while (Object.values(chosen).includes(String(candidate))) candidate = await freePort();
    chosen[name] = String(candidate);
  }
  return chosen;
}
