import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSettings, separateStack } from './settings.ts';

test('without any variable every part runs here, on the documented ports', () => {
  const { values, webUrl, apiUrl } = readSettings({});
  expect(webUrl).toBe('http://localhost:3000');
  expect(apiUrl).toBe('http://localhost:3001');
  expect(values).toMatchObject({ POSTGRES_PORT: 54322, REDIS_PORT: 54379, STRIPE_EMULATOR_PORT: 12111 });
});

test('a moved port moves the address that others are given', () => {
  expect(readSettings({ WEB_PORT: '4000' }).webUrl).toBe('http://localhost:4000');
  expect(readSettings({ WEB_PORT: '4000', WEB_URL: 'https://billing.example' }).webUrl).toBe(
    'https://billing.example',
  );
});

test('a wrong variable is named', () => {
  expect(() => readSettings({ POSTGRES_PORT: 'five', REDIS_URL: 'nonsense' })).toThrow(
    /POSTGRES_PORT[\s\S]*REDIS_URL/,
  );
});

test('variables that only make sense together are asked for together', () => {
  expect(() => readSettings({ DATABASE_URL: 'postgresql://localhost/billing' })).toThrow(
    /MIGRATION_DATABASE_URL/,
  );
  expect(() => readSettings({ SUPABASE_URL: 'https://project.supabase.co' })).toThrow(
    /SUPABASE_PUBLISHABLE_KEY/,
  );
});

test('a second stack shares no port and no folder with the first', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'billingos-second-'));
  const { values } = readSettings(await separateStack(folder));
  rmSync(folder, { recursive: true });
  const ports = Object.entries(values).flatMap(([name, value]) => (name.endsWith('_PORT') ? [value] : []));
  expect(new Set(ports).size).toBe(ports.length);
  expect(values.BILLINGOS_DATA_DIR).toBe(folder);
  expect(ports).not.toContain(54322);
});
