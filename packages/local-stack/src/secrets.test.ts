import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadSecrets } from './secrets.ts';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'billingos-secrets-'));
});

afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

test('secrets are made once and are the same at every later start', async () => {
  const first = await loadSecrets(dataDir);
  expect(await loadSecrets(dataDir)).toEqual(first);
});

test('a stack from before there was a key for stored secrets gets one and keeps it', async () => {
  const { secretsKey: _, ...before } = await loadSecrets(dataDir);
  writeFileSync(join(dataDir, 'secrets.json'), JSON.stringify(before));
  const first = await loadSecrets(dataDir);
  expect(first).toMatchObject(before);
  expect(await loadSecrets(dataDir)).toEqual(first);
});

test('two stacks never share a secret', async () => {
  const here = await loadSecrets(dataDir);
  const there = await loadSecrets(join(dataDir, 'other'));
  for (const name of [
    'postgresPassword',
    'redisPassword',
    'stripeTestWebhookSecret',
    'demoPassword',
  ] as const) {
    expect(there[name]).not.toBe(here[name]);
  }
  expect(there.supabase.signingKey.d).not.toBe(here.supabase.signingKey.d);
});

test('only the owner can read them', async () => {
  await loadSecrets(dataDir);
  expect(statSync(join(dataDir, 'secrets.json')).mode & 0o777).toBe(0o600);
});

test('a damaged file is named instead of being replaced by secrets that fit no data', async () => {
  writeFileSync(join(dataDir, 'secrets.json'), '{}');
  await expect(loadSecrets(dataDir)).rejects.toThrow(/secrets\.json is not complete/);
});
