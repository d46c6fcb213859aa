import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EdgeVM } from '@edge-runtime/vm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  type RecordingServer,
  sendError,
  sendJson,
  startRecordingServer,
} from './recording-server.ts';

const packageDir = fileURLToPath(new URL('..', import.meta.url));
const secretKey = `bos_sk_test_${'a1'.repeat(19)}Z`;
const allowed = {
  allowed: true,
  reason: null,
  feature: 'calls',
  type: 'metered',
  used: 4,
  limit: 5,
  remaining: 1,
  resets_at: null,
  version: 7,
  degraded: false,
};

/** What is shipped, built for this test alone. */
const built = mkdtempSync(join(tmpdir(), 'billingos-sdk-edge-'));
beforeAll(() => {
  execFileSync(join(packageDir, 'node_modules', '.bin', 'tsup'), ['--no-dts', '--out-dir', built], {
    cwd: packageDir,
    stdio: 'pipe',
  });
}, 120_000);
afterAll(() => rmSync(built, { recursive: true, force: true }));

let server: RecordingServer;
afterEach(() => server.close());

/**
 * A runtime as that of Next and Vercel at the edge: what browsers have, no Node, no code from strings. The entries are
 * `BillingOSSdk` and `Next` there; `setUp` is a module's top level, where Cloudflare allows no timers, requests and random.
 */
async function runtime(answer: Answer, setUp: string): Promise<(code: string) => Promise<unknown>> {
  server = await startRecordingServer(answer);
  const vm = new EdgeVM();
  for (const [name, entry] of [
    ['BillingOSSdk', 'index'],
    ['Next', 'next'],
  ]) {
    const code = readFileSync(join(built, `${entry}.cjs`), 'utf8');
    vm.evaluate(
      `globalThis.${name} = (() => { const module = { exports: {} }; const exports = module.exports; ${code}\nreturn module.exports; })();`,
    );
  }
  vm.evaluate(`
    let isTopLevel = true;
    for (const [owner, name] of [[globalThis, 'setTimeout'], [globalThis, 'setInterval'], [globalThis, 'fetch'], [crypto, 'randomUUID'], [crypto, 'getRandomValues']]) {
      const was = owner[name];
      owner[name] = (...args) => {
        if (isTopLevel) throw new Error(name + ' at the top level');
        return was.apply(owner, args);
      };
      if (owner[name] === was) throw new Error(name + ' cannot be watched');
    }
    const options = { secretKey: '${secretKey}', baseUrl: '${server.url}', retriesMax: 0, onUsageError: () => undefined, onLogError: () => undefined };
    ${setUp}
    isTopLevel = false;
    const get = async (handler) => {
      const response = await handler(new Request('https://app.test/reports/7?of=2'));
      const type = response.headers.get('content-type') ?? '';
      return JSON.stringify({
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: type.includes('json') ? await response.json() : await response.text(),
      });
    };
  `);
  // Declared boundary: what comes out of the runtime is JSON.
  return async (code) => JSON.parse(await vm.evaluate<Promise<string>>(code));
}

const recorded = (path: string) =>
  server.requests.filter((request) => request.path.endsWith(path)).map(({ body }) => JSON.parse(body));

const gateOf = (handler: string) => `
  const billing = new BillingOSSdk.BillingOS({ ...options, serverless: true });
  const GET = Next.gate(billing, { customer: () => 'user_42', feature: 'calls' }, ${handler});
`;
const plain = gateOf('(request) => Response.json({ admission: Next.admissionOf(request) })');

/** Answers the check so, and takes what is reported. */
const checked =
  (said: object): Answer =>
  (response, { path, body }) => {
    if (path.endsWith('/check')) {
      sendJson(response, 200, said);
      return;
    }
    // Declared boundary: what the client sends.
    const { events = [], requests = [] }: Record<'events' | 'requests', { idempotency_key: string }[]> =
      JSON.parse(body);
    const results = [...events, ...requests].map(({ idempotency_key }) => ({
      idempotency_key,
      status: 'accepted',
      id: 'uev_1',
      late: false,
      error: null,
    }));
    sendJson(response, 200, { results });
  };

describe('in an edge runtime', () => {
  it('has no Node to lean on', async () => {
    const run = await runtime(checked(allowed), plain);

    expect(await run(`JSON.stringify([typeof process, typeof Buffer, typeof require])`)).toEqual([
      'undefined',
      'undefined',
      'undefined',
    ]);
  });

  it('a gate lets through, says what is left, and reports before the answer', async () => {
    const run = await runtime(checked(allowed), plain);

    expect(await run('get(GET)')).toMatchObject({
      status: 200,
      headers: { 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '1' },
      body: { admission: { customer: 'user_42', degraded: false, check: { used: 4 } } },
    });
    expect(recorded('/usage/track')).toMatchObject([{ events: [{ customer: 'user_42', value: 1 }] }]);
    expect(recorded('/v1/track')).toMatchObject([
      { requests: [{ endpoint: '/reports/7', method: 'GET', status_code: 200 }] },
    ]);
  });

  it('a gate adds its headers to an answer whose own cannot be changed', async () => {
    const run = await runtime(
      checked(allowed),
      gateOf(`() => Response.redirect('https://app.test/login', 302)`),
    );

    expect(await run('get(GET)')).toMatchObject({
      status: 302,
      headers: { location: 'https://app.test/login', 'x-ratelimit-limit': '5' },
    });
  });

  it('a gate refuses whom nothing is left for, and whom nobody knows about', async () => {
    const spent = { ...allowed, allowed: false, reason: 'limit_reached', used: 5, remaining: 0 };
    const run = await runtime(checked(spent), plain);
    expect(await run('get(GET)')).toMatchObject({
      status: 429,
      headers: { 'content-type': 'application/problem+json' },
      body: { code: 'quota_exceeded' },
    });
    await server.close();

    const inOutage = await runtime(
      checked({ ...allowed, allowed: false, reason: 'outage', degraded: true, used: null, limit: null }),
      plain,
    );
    expect(await inOutage('get(GET)')).toMatchObject({ status: 503, body: { code: 'access_unknown' } });
  });

  it('a check falls back when BillingOS is away, and a customer of the snapshot is followed', async () => {
    const run = await runtime((response, { path }) => {
      if (path.endsWith('/stream')) {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.write('id: 1-1\nevent: ready\ndata: {}\n\n');
      } else {
        sendError(response, 503, 'service_unavailable');
      }
    }, `const billing = new BillingOSSdk.BillingOS({ ...options, snapshot: true, fallback: { calls: true } });`);

    expect(
      await run(`(async () => {
        await billing.ready();
        const check = await billing.check('user_42', 'calls');
        await billing.close({ timeoutMs: 0 });
        return JSON.stringify(check);
      })()`),
    ).toMatchObject({ allowed: true, degraded: true });
  });
});
