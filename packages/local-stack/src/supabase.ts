import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { JWK } from 'jose';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { respondsOk, startService, waitUntilReady, type Service } from './processes.ts';
import { newSigningKey } from './supabase-tokens.ts';

export interface SupabaseSecrets {
  publishableKey: string;
  /** Private ES256 JWK with a `kid`; user tokens are signed with it. */
  signingKey: JWK;
  /** Of the database role `supabase_auth_admin`. */
  databasePassword: string;
}

export interface SupabaseOptions {
  /** Connection string of a role that may create roles and schemas. */
  databaseUrl: string;
  /** A free port when omitted. */
  port?: number;
  /** Where links in mails lead: `{webUrl}/auth/confirm?token_hash=…&type=…`. */
  webUrl: string;
  smtpUrl: string;
  secrets: SupabaseSecrets;
  logFile: string;
  /** Where AUTH_CONFIRM_EMAIL and MAIL_FROM are looked up. Default: this process's. */
  env?: NodeJS.ProcessEnv;
}

export interface RunningSupabase {
  /** What supabase-js is given; tokens carry `{url}/auth/v1` as issuer. */
  url: string;
  publishableKey: string;
  service: Service;
  stop(): Promise<void>;
}

/** New keys and a new database password for a new database. */
export async function newSupabaseSecrets(): Promise<SupabaseSecrets> {
  return {
    publishableKey: `sb_publishable_${randomBytes(24).toString('base64url')}`,
    signingKey: await newSigningKey(),
    databasePassword: randomBytes(24).toString('base64url'),
  };
}

/** Starts Supabase auth (and its REST port) on 127.0.0.1, on the schema `auth` of this database. */
export async function startSupabase(options: SupabaseOptions): Promise<RunningSupabase> {
  const { secrets, env = process.env } = options;
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const service = await startService({
    name: 'supabase',
    command: process.execPath,
    args: [fileURLToPath(new URL('supabase-server.ts', import.meta.url))],
    env: {
      ...env,
      SUPABASE_PORT: String(port),
      SUPABASE_URL: url,
      SUPABASE_PUBLISHABLE_KEY: secrets.publishableKey,
      SUPABASE_SIGNING_KEY: JSON.stringify(secrets.signingKey),
      SUPABASE_DATABASE_URL: await prepareSupabaseDatabase(options.databaseUrl, secrets.databasePassword),
      WEB_URL: options.webUrl,
      SMTP_URL: options.smtpUrl,
      MAIL_FROM: env.MAIL_FROM ?? 'no-reply@billingos.test',
      LITE_TELEMETRY: '0',
    },
    logFile: options.logFile,
  });
  try {
    await waitUntilReady(service, () => respondsOk(`${url}/auth/v1/.well-known/jwks.json`));
  } catch (error) {
    await service.stop();
    throw error;
  }
  return { url, publishableKey: secrets.publishableKey, service, stop: () => service.stop() };
}

/**
 * Creates what a hosted Supabase database brings along: the REST roles and the schema `auth`. Returns the
 * connection string of `supabase_auth_admin`, which owns that schema and nothing else: lite grants every table
 * with row-level security to the REST roles when it may, so it must not own ours.
 */
export async function prepareSupabaseDatabase(databaseUrl: string, password: string): Promise<string> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    await client.query(`
      do $$
      begin
        if not exists (select from pg_roles where rolname = 'anon') then
          create role anon nologin;
        end if;
        if not exists (select from pg_roles where rolname = 'authenticated') then
          create role authenticated nologin;
        end if;
        if not exists (select from pg_roles where rolname = 'service_role') then
          create role service_role nologin bypassrls;
        end if;
        if not exists (select from pg_roles where rolname = 'supabase_auth_admin') then
          create role supabase_auth_admin login noinherit;
        end if;
      end $$;
      alter role supabase_auth_admin password ${client.escapeLiteral(password)};
      grant anon, authenticated to supabase_auth_admin with inherit false, set true;
      create schema if not exists auth authorization supabase_auth_admin;
    `);
  } finally {
    await client.end();
  }
  const url = new URL(databaseUrl);
  url.username = 'supabase_auth_admin';
  url.password = encodeURIComponent(password);
  return url.toString();
}
