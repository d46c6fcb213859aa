import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startMail, type RunningMail } from './mail.ts';
import { startPostgres, type RunningPostgres } from './postgres.ts';
import { newSupabaseSecrets, startSupabase, type RunningSupabase } from './supabase.ts';

let folder: string;
let postgres: RunningPostgres;
let mail: RunningMail;
let supabase: RunningSupabase;
const password = 'correct-horse-battery';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'billingos-supabase-'));
  [postgres, mail] = await Promise.all([
    startPostgres({ durable: false }),
    startMail({ dir: join(folder, 'mail'), logFile: join(folder, 'mail.log') }),
  ]);
  supabase = await startSupabase({
    databaseUrl: postgres.url,
    webUrl: 'http://localhost:3000',
    smtpUrl: mail.smtpUrl,
    secrets: await newSupabaseSecrets(),
    logFile: join(folder, 'supabase.log'),
  });
});

afterAll(async () => {
  await supabase?.stop();
  await mail?.stop();
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function client(): SupabaseClient {
  return createClient(supabase.url, supabase.publishableKey, { auth: { persistSession: false } });
}

test('a person who signs up gets a token that the published keys verify', async () => {
  const person = client();

  const { data, error } = await person.auth.signUp({ email: 'ada@example.test', password });
  expect(error).toBeNull();
  const claims = await person.auth.getClaims(data.session?.access_token);

  expect(claims.data?.header.alg).toBe('ES256');
  expect(claims.data?.claims).toMatchObject({
    iss: `${supabase.url}/auth/v1`,
    aud: 'authenticated',
    email: 'ada@example.test',
    sub: data.user?.id,
  });
});

test('a signed-in person is recognised, stays signed in by refreshing and can sign out', async () => {
  const person = client();
  await person.auth.signUp({ email: 'grace@example.test', password });

  const signedIn = await person.auth.signInWithPassword({ email: 'grace@example.test', password });
  expect(signedIn.error).toBeNull();
  expect((await person.auth.getUser()).data.user?.email).toBe('grace@example.test');
  const refreshed = await person.auth.refreshSession();
  expect(refreshed.error).toBeNull();
  expect((await person.auth.getUser(refreshed.data.session?.access_token)).error).toBeNull();
  expect((await person.auth.signOut()).error).toBeNull();
});

test('a token with a signature that is not ours is refused', async () => {
  const person = client();
  const { data } = await person.auth.signUp({ email: 'mallory@example.test', password });
  const [header, claims] = (data.session?.access_token ?? '').split('.');

  const forged = await person.auth.getUser(`${header}.${claims}.${'A'.repeat(86)}`);

  expect(forged.data.user).toBeNull();
  expect(forged.error?.status).toBe(401);
});

test('a forgotten password is reset with the link in the mail', async () => {
  await client().auth.signUp({ email: 'joan@example.test', password });
  expect((await client().auth.resetPasswordForEmail('joan@example.test')).error).toBeNull();

  const { text, html } = await mailTo('joan@example.test');
  const link = new URL(/http:\/\/localhost:3000\/\S+/.exec(text)?.[0] ?? '');
  expect(html).toContain(`href="${link.toString()}"`);
  expect(link.origin + link.pathname).toBe('http://localhost:3000/auth/confirm');
  expect(link.searchParams.get('type')).toBe('recovery');
  const person = client();
  const verified = await person.auth.verifyOtp({
    token_hash: link.searchParams.get('token_hash') ?? '',
    type: 'recovery',
  });
  expect(verified.error).toBeNull();
  expect((await person.auth.updateUser({ password: 'another-horse-battery' })).error).toBeNull();

  const before = await client().auth.signInWithPassword({ email: 'joan@example.test', password });
  const after = await client().auth.signInWithPassword({
    email: 'joan@example.test',
    password: 'another-horse-battery',
  });
  expect(before.error?.code).toBe('invalid_credentials');
  expect(after.error).toBeNull();
});

test('the REST port shows no table to a stranger, to the publishable key or to a signed-in person', async () => {
  const database = new pg.Client(postgres.url);
  await database.connect();
  await database.query(`
    create table invoices (id int primary key);
    insert into invoices values (1);
    create table customers (id int primary key);
    insert into customers values (1);
    alter table customers enable row level security;
    alter table customers force row level security;
  `);
  await database.end();
  const { data } = await client().auth.signUp({ email: 'eve@example.test', password });
  const credentials: Record<string, string>[] = [
    {},
    { apikey: supabase.publishableKey },
    { apikey: supabase.publishableKey, authorization: `Bearer ${data.session?.access_token}` },
  ];

  for (const headers of credentials) {
    for (const table of ['customers', 'invoices']) {
      const response = await fetch(`${supabase.url}/rest/v1/${table}`, { headers });
      expect(response.status, `${table} with ${Object.keys(headers).join(' and ')}`).toBeGreaterThan(400);
    }
  }
});

test('the server shows its configuration, which holds the database password, to nobody', async () => {
  for (const path of ['/_system/info', '/_system/config', '/', '/storage/v1/bucket']) {
    const response = await fetch(supabase.url + path, { headers: { apikey: supabase.publishableKey } });
    expect(response.status, path).toBe(404);
  }
});

const inbox = z.array(
  z.looseObject({ to: z.array(z.looseObject({ address: z.string() })), text: z.string(), html: z.string() }),
);

async function mailTo(address: string): Promise<{ text: string; html: string }> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const mails = inbox.parse(await (await fetch(`${mail.url}/email`)).json());
    const found = mails.find(({ to }) => to.some((one) => one.address === address));
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`No mail arrived for ${address}.`);
}
