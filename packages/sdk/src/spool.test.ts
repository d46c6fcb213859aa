import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Answer,
  type RecordingServer,
  sendError,
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

/** A process that tracks so much, says so and waits; with the size that a file may have there, in blocks of 512 or 1,024 bytes. */
function spawnTracker({ count, baseUrl, blocks }: { count: number; baseUrl: string; blocks?: number }) {
  const program = `
import { BillingOS } from ${JSON.stringify(fileURLToPath(new URL('index.ts', import.meta.url)))};
import { fileSpool } from ${JSON.stringify(fileURLToPath(new URL('spool.ts', import.meta.url)))};
const billing = new BillingOS({
  secretKey: ${JSON.stringify(secretKey)},
  baseUrl: ${JSON.stringify(baseUrl)},
  spool: fileSpool({ path: ${JSON.stringify(path)} }),
});
for (let i = 0; i < ${count}; i++) {
  void billing.trackUsage('user_42', 'api_calls', 1, { idempotencyKey: 'job_' + i });
}
process.stdout.write('tracked');
await billing.close();
`;
  const file = join(folder, 'tracker.mts');
  writeFileSync(file, program);
  const limit = blocks === undefined ? '' : `ulimit -f ${blocks}; `;
  return spawn('/bin/sh', ['-c', `${limit}exec "$0" "$1"`, process.execPath, file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const keysSent = ({ requests }: RecordingServer): string[] =>
  requests.flatMap(({ body }) => {
    const { events }: { events: UsageEvent[] } = JSON.parse(body);
    return events.map(({ idempotency_key }) => idempotency_key);
  });

describe('a client with a spool', () => {
  it('sends what a process that was killed had tracked, with the same keys', async () => {
    const child = spawnTracker({ count: 500, baseUrl: 'http://127.0.0.1:9' });
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

  it('goes on in memory when the disk is full, and keeps what fitted', async () => {
    const slow = await serverThat((response, request, index) =>
      setTimeout(() => store(response, request, index), 300),
    );
    const child = spawnTracker({ count: 500, baseUrl: slow.url, blocks: 8 });
    const errors: string[] = [];
    child.stderr.on('data', (text: Buffer) => errors.push(text.toString()));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const kept = readFileSync(path, 'utf8');
    const status = await new Promise((resolve) => child.once('exit', resolve));

    expect(status).toBe(0);
    expect(keysSent(slow)).toHaveLength(500);
    expect(statSync(path).size).toBe(0);
    expect(errors.join('').match(/has no room/g)).toHaveLength(1);

    writeFileSync(path, kept);
    const next = await serverThat(store);
    await newClient(next.url).flush();
    expect(keysSent(next).length).toBeGreaterThan(10);
    expect(keysSent(next).length).toBeLessThan(500);
  });

  it('keeps what a wrong key was refused for, until a process has the right one', async () => {
    const refusing = await serverThat((response) => sendError(response, 401, 'credential_invalid'));
    const first = newClient(refusing.url);
    await first.trackUsage('user_42', 'api_calls', 1, { idempotencyKey: 'waiting' }).catch(() => undefined);
    await first.close();

    const next = await serverThat(store);
    await newClient(next.url).flush();

    expect(keysSent(next)).toEqual(['waiting']);
  });

  it('sends more than may wait at once, part by part, and takes new usage meanwhile', async () => {
    const lines = Array.from({ length: 12_000 }, (_, i) => `+${JSON.stringify(event(`old_${i}`))}\n`);
    writeFileSync(path, lines.join(''));
    const server = await serverThat(store);

    const billing = newClient(server.url);
    await billing.trackUsage('user_42', 'api_calls', 1, { idempotencyKey: 'new' });
    await vi.waitFor(() => expect(statSync(path).size).toBe(0), 20_000);

    expect(new Set(keysSent(server)).size).toBe(12_001);
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

  it('says how much of it cannot be read, and takes the rest', () => {
    const printed = vi.spyOn(console, 'error').mockReturnValue();
    try {
      const lines = [
        `+${JSON.stringify(event('a'))}`,
        '+null',
        '\u0000\u0001',
        '+{"value":1}',
        '-7',
        '+{"ide',
      ];
      writeFileSync(path, `${lines.join('\n')}\n+${JSON.stringify(event('b'))}\n+{"cut`);

      const spool = fileSpool({ path });

      expect(spool.recover()).toEqual([event('a'), event('b')]);
      expect(String(printed.mock.calls[0])).toContain('5 lines');
      spool.close();
    } finally {
      printed.mockRestore();
    }
  });

  it('adds no line to one that was cut off, where it cannot be written anew', () => {
    writeFileSync(path, `+${JSON.stringify(event('a'))}\n+{"idemp`);
    mkdirSync(`${path}.next`);
    const spool = fileSpool({ path });
    expect(spool.add(event('b'))).toBe(true);
    spool.close();
    const printed = vi.spyOn(console, 'error').mockReturnValue();

    const next = fileSpool({ path });

    printed.mockRestore();
    expect(next.recover()).toEqual([event('a'), event('b')]);
    next.close();
  });

  it('is for its owner alone, and takes the same event once', () => {
    const spool = fileSpool({ path });
    spool.add(event('a'));
    spool.add(event('a'));

    expect(readFileSync(path, 'utf8')).toBe(`+${JSON.stringify(event('a'))}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
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
    // The process that took the lock died before it could write into it.
    writeFileSync(`${path}.lock`, '');
    fileSpool({ path }).close();
  });

  it.runIf(process.platform === 'linux')(
    'belongs to nobody when another process has the number of its owner',
    () => {
      for (const pid of [process.pid, process.ppid]) {
        writeFileSync(`${path}.lock`, `${pid} an-earlier-boot 4711`);

        const spool = fileSpool({ path });

        expect(readFileSync(`${path}.lock`, 'utf8')).toMatch(new RegExp(`^${process.pid} `));
        spool.close();
      }
    },
  );

  it('leaves no lock where it cannot be opened', () => {
    mkdirSync(path);

    expect(() => fileSpool({ path })).toThrow(/EISDIR/);

    expect(existsSync(`${path}.lock`)).toBe(false);
  });
});
