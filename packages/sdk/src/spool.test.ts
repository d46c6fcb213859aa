import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Answer,
  type RecordingServer,
  sendJson,
  startRecordingServer,
} from '../test/recording-server.ts';
import { BillingOS } from './client.ts';
import type { UsageEvent } from './resources/usage.ts';
import { fileSpool } from './spool.ts';

const secretKey = `bos_sk_test_${'a1'.repeat(19)}Z`;
const event = (key: string): UsageEvent => ({
  idempotency_key: key,
  customer: 'user_42',
  meter: 'api_calls',
  value: 1,
});

let folder: string;
let path: string;
const stops: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'billingos-spool-'));
  path = join(folder, 'usage.spool');
});
afterEach(async () => {
  for (const stop of stops.splice(0)) {
    await stop();
  }
  rmSync(folder, { recursive: true, force: true });
});

const store: Answer = (response, { body }) => {
  const { events }: { events: UsageEvent[] } = JSON.parse(body);
  const results = events.map(({ idempotency_key }) => ({
    idempotency_key,
    status: idempotency_key.startsWith('bad') ? 'rejected' : 'accepted',
    id: 'evt_1',
    error: null,
  }));
  sendJson(response, 200, { results });
};

async function serverThat(answer: Answer): Promise<RecordingServer> {
  const server = await startRecordingServer(answer);
  stops.push(() => server.close());
  return server;
}

function newClient(baseUrl: string): BillingOS {
  const billing = new BillingOS({
    secretKey,
    baseUrl,
    spool: fileSpool({ path }),
    onUsageError: () => undefined,
  });
  stops.push(() => billing.close({ timeoutMs: 0 }));
  return billing;
}

const keysSent = ({ requests }: RecordingServer): string[] =>
  requests.flatMap(({ body }) => {
    const { events }: { events: UsageEvent[] } = JSON.parse(body);
    return events.map(({ idempotency_key }) => idempotency_key);
  });

describe('a client with a spool', () => {
  it('sends what a process that was killed had tracked, with the same keys', async () => {
    const program = `
import { BillingOS } from ${JSON.stringify(fileURLToPath(new URL('index.ts', import.meta.url)))};
import { fileSpool } from ${JSON.stringify(fileURLToPath(new URL('spool.ts', import.meta.url)))};
const billing = new BillingOS({
  secretKey: ${JSON.stringify(secretKey)},
  baseUrl: 'http://127.0.0.1:9',
  spool: fileSpool({ path: ${JSON.stringify(path)} }),
});
for (let i = 0; i < 500; i++) {
  void billing.trackUsage('user_42', 'api_calls', 1, { idempotencyKey: 'job_' + i });
}
process.stdout.write('tracked');
`;
    const file = join(folder, 'killed.mts');
    writeFileSync(file, program);
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));

    const server = await serverThat(store);
    const billing = newClient(server.url);
    await billing.flush();

    expect(keysSent(server)).toEqual(Array.from({ length: 500 }, (_, i) => `job_${i}`));
    expect(statSync(path).size).toBe(0);
  });

  it('keeps what was not stored when it was closed, and nothing that was stored or refused', async () => {
    const server = await serverThat(store);
    const first = newClient(server.url);
    await first.trackUsage('user_42', 'api_calls', 1, { idempotencyKey: 'stored' });
    await first.trackUsage('user_42', 'api_calls', 1, { idempotencyKey: 'bad' }).catch(() => undefined);
    await server.close();
    void first.trackUsage('user_42', 'api_calls', 1, { idempotencyKey: 'waiting' });
    await first.close({ timeoutMs: 50 });

    const next = await serverThat(store);
    await newClient(next.url).flush();

    expect(keysSent(next)).toEqual(['waiting']);
  });
});

describe('a spool', () => {
  it('leaves out a line that was cut off, and what was stored', () => {
    writeFileSync(path, `+${JSON.stringify(event('a'))}\n+${JSON.stringify(event('b'))}\n-"a"\n+{"idemp`);

    const spool = fileSpool({ path });

    expect(spool.recover()).toEqual([event('b')]);
    expect(spool.recover()).toEqual([]);
    spool.close();
  });

  it('does not grow beyond its bound, and makes room of what is stored', () => {
    const spool = fileSpool({ path, maxBytes: 1_000 });
    const kept = Array.from({ length: 100 }, (_, i) => spool.add(event(`key_${i}`))).filter(Boolean);
    expect(statSync(path).size).toBeLessThanOrEqual(1_000);
    expect(kept.length).toBeGreaterThan(5);

    for (let i = 0; i < kept.length - 1; i++) {
      spool.remove(`key_${i}`);
    }

    expect(spool.add(event('late'))).toBe(true);
    expect(readFileSync(path, 'utf8')).toContain('late');
    spool.close();
    const next = fileSpool({ path, maxBytes: 1_000 });
    expect(next.recover().map(({ idempotency_key }) => idempotency_key)).toEqual([
      `key_${kept.length - 1}`,
      'late',
    ]);
    next.close();
  });

  it('belongs to one process, and to whoever comes after one that died', () => {
    const spool = fileSpool({ path });
    expect(() => fileSpool({ path })).toThrow(/file of its own/);
    spool.close();

    writeFileSync(`${path}.lock`, String(process.ppid));
    expect(() => fileSpool({ path })).toThrow(/file of its own/);
    writeFileSync(`${path}.lock`, '999999999');
    fileSpool({ path }).close();
  });
});
