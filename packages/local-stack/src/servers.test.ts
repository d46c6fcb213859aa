import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isListening } from './free-port.ts';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'billingos-servers-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('Postgres 18 keeps what was committed, also when it is stopped and started again', async () => {
  const options = { dataDir: join(folder, 'data'), durable: true, password: 'a-password-of-this-test' };
  const first = await startPostgres(options);
  const settings = await query(first.url, `select current_setting('fsync') as fsync, version() as version`);
  expect(settings).toMatchObject([{ fsync: 'on', version: expect.stringContaining('PostgreSQL 18') }]);
  await query(first.url, 'create table kept (id int)');
  await first.stop();
  expect(await isListening(first.port)).toBe(false);

  const second = await startPostgres(options);
  expect(await query(second.url, 'select count(*)::int as rows from kept')).toEqual([{ rows: 0 }]);
  await second.stop();
  rmSync(second.dataDir, { recursive: true, force: true });
});

test('Postgres says which password it wants instead of failing later', async () => {
  const dataDir = join(folder, 'data');
  const first = await startPostgres({ dataDir, durable: false, password: 'the-right-password' });
  await first.stop();

  await expect(startPostgres({ dataDir, durable: false, password: 'another-password' })).rejects.toThrow(
    /created with another password/,
  );
  rmSync(first.dataDir, { recursive: true, force: true });
});

test('Redis wants its password, never drops a job for lack of memory and keeps its log on disk', async () => {
  const first = await startRedis({ dir: folder, password: 'a-password-of-this-test' });
  expect(await redis(first.port, 'PING')).toContain('NOAUTH');
  const asked = 'AUTH a-password-of-this-test\r\nCONFIG GET maxmemory-policy\r\nCONFIG GET appendonly';
  expect(await redis(first.port, asked)).toMatch(/noeviction[\s\S]*yes/);
  await redis(first.port, 'AUTH a-password-of-this-test\r\nSET kept yes');
  await first.stop();
  expect(await isListening(first.port)).toBe(false);

  const second = await startRedis({ dir: folder, password: 'a-password-of-this-test' });
  expect(await redis(second.port, 'AUTH a-password-of-this-test\r\nGET kept')).toContain('yes');
  await second.stop();
});

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function redis(port: number, commands: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.once('error', reject);
    socket.once('close', () => resolve(answer));
    socket.write(`${commands}\r\nQUIT\r\n`);
  });
}
