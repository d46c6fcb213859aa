import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { StackError } from './processes.ts';
import { newSupabaseSecrets } from './supabase.ts';

const schema = z.object({
  postgresPassword: z.string().min(20),
  apiDatabasePassword: z.string().min(20),
  redisPassword: z.string().min(20),
  supabase: z.object({
    publishableKey: z.string().startsWith('sb_publishable_'),
    signingKey: z.looseObject({ kid: z.string(), d: z.string() }),
    databasePassword: z.string().min(20),
  }),
  stripeTestWebhookSecret: z.string().startsWith('whsec_'),
  stripeLiveWebhookSecret: z.string().startsWith('whsec_'),
  demoPassword: z.string().min(12),
  secretsKey: z.string().length(43),
});

export type Secrets = z.infer<typeof schema>;

/**
 * The local stack's passwords and keys: made at the first start, kept in `secrets.json`, readable only by its
 * owner. They belong to the data beside them; nothing in the code knows a working one.
 */
export async function loadSecrets(dataDir: string): Promise<Secrets> {
  const file = join(dataDir, 'secrets.json');
  if (existsSync(file)) {
    const found: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const parsed = schema.safeParse({ secretsKey: newSecretsKey(), ...Object(found) });
    if (parsed.success) {
      // A stack from before there was this key: nothing was sealed yet.
      if (!Object.hasOwn(Object(found), 'secretsKey')) write(file, parsed.data);
      return parsed.data;
    }
    throw new StackError(
      `${file} is not complete. Restore it, or remove ${dataDir} to start afresh (all local data is lost).`,
    );
  }
  const made: Secrets = schema.parse({
    postgresPassword: random(),
    apiDatabasePassword: random(),
    redisPassword: random(),
    supabase: await newSupabaseSecrets(),
    stripeTestWebhookSecret: `whsec_${random()}`,
    stripeLiveWebhookSecret: `whsec_${random()}`,
    demoPassword: randomBytes(9).toString('base64url'),
    secretsKey: newSecretsKey(),
  });
  mkdirSync(dataDir, { recursive: true });
  write(file, made);
  return made;
}

/** Renamed into place, so that a start that is interrupted here leaves no half file. */
function write(file: string, secrets: Secrets): void {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(secrets, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, file);
}

/** What the api seals stored secrets with: 32 bytes in base64url. */
function newSecretsKey(): string {
  return randomBytes(32).toString('base64url');
}

function random(): string {
  return randomBytes(24).toString('base64url');
}
