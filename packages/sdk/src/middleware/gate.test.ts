import { connect } from 'node:net';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Answer,
  type RecordingServer,
  sendError,
  sendJson,
  startRecordingServer,
} from '../../test/recording-server.ts';
import { BillingOS } from '../client.ts';
import { gate as expressGate } from '../express.ts';
import { gate as nextGate } from '../next.ts';
import type { GateOptions } from './gate.ts';

const check = {
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
const key = {
  valid: true,
  code: 'valid',
  reason: null,
  key_id: 'ckey_1',
  customer: 'cus_1',
  external_id: 'user_42',
  quota: null,
  rate_limit: null,
  retry_after: null,
  degraded: false,
};

let server: RecordingServer;
let billing: BillingOS;
let isAway = false;
afterEach(async () => {
  isAway = false;
  await billing.close({ timeoutMs: 0 });
  await server.close();
});

const answer: Answer = (response, { path, body }) => {
  if (isAway && !path.endsWith('/track')) {
    sendError(response, 503, 'service_unavailable');
  } else if (path.endsWith('/check')) {
    sendJson(response, 200, check);
  } else if (path.endsWith('/verify')) {
    setTimeout(() => sendJson(response, 200, key), 100);
  } else {
    const { events, requests }: Record<string, { idempotency_key: string }[] | undefined> = JSON.parse(body);
    const results = (events ?? requests ?? []).map(({ idempotency_key }) => ({
      idempotency_key,
      status: 'accepted',
      id: 'uev_1',
      error: null,
    }));
    sendJson(response, 200, { results });
  }
};

async function newClient(): Promise<void> {
  server = await startRecordingServer(answer);
  billing = new BillingOS({
    secretKey: `bos_sk_test_${'a1'.repeat(19)}Z`,
    baseUrl: server.url,
    retriesMax: 0,
    onLogError: () => undefined,
  });
}

/** What was sent to a path, whose end this is. */
const sentTo = (path: string) =>
  server.requests.filter((request) => request.path.endsWith(path)).map(({ body }) => JSON.parse(body));

const newGate = (options: GateOptions<Request>, handler = () => new Response('done')) => {
  const handle = nextGate(billing, options, handler);
  return (headers: Record<string, string> = {}) =>
    handle(new Request('https://app.test/reports/7', { headers }));
};

describe('a gate', () => {
  it.each([
    [{ authorization: 'Bearer acme_1' }, 'acme_1'],
    [{ authorization: 'bearer   acme_1 ' }, 'acme_1'],
    [{ 'x-api-key': 'acme_1' }, 'acme_1'],
    [{ authorization: 'Bearer a.session.token', 'x-api-key': 'acme_1' }, 'acme_1'],
    [{ authorization: 'Basic dXNlcjpwYXNz', 'x-api-key': 'acme_1' }, 'acme_1'],
    [{ authorization: 'Basic dXNlcjpwYXNz' }, undefined],
    [{ authorization: 'Bearer' }, undefined],
  ])('takes the key of %j', async (headers: Record<string, string>, expected) => {
    await newClient();

    const { status } = await newGate({})(headers);

    expect(status).toBe(expected === undefined ? 401 : 200);
    expect(sentTo('/verify').map((body) => body.key)).toEqual(expected === undefined ? [] : [expected]);
  });

  it('meters what it lets through while BillingOS is away, of features that it knows to be metered', async () => {
    await newClient();
    const get = newGate({ customer: () => 'user_42', feature: 'calls', away: 'allow' });

    expect((await get()).status).toBe(200);
    isAway = true;
    expect((await get()).status).toBe(200);
    await billing.flush();

    expect(sentTo('/usage/track').flatMap(({ events }) => events)).toMatchObject([
      { customer: 'user_42', meter: 'calls', value: 1 },
      { customer: 'user_42', meter: 'calls', value: 1 },
    ]);
    expect(sentTo('/v1/track').flatMap(({ requests }) => requests)).toMatchObject([
      { customer: 'user_42' },
      { customer: 'user_42' },
    ]);
  });

  it('meters nothing that it does not let through while BillingOS is away', async () => {
    await newClient();
    const get = newGate({ customer: () => 'user_42', feature: 'calls' });
    await get();
    isAway = true;

    expect((await get()).status).toBe(503);
    await billing.flush();

    expect(sentTo('/usage/track').flatMap(({ events }) => events)).toHaveLength(1);
  });

  it('of Next logs a redirect and a page that is not there as such, and what fails as a failure', async () => {
    await newClient();
    const options = { customer: () => 'user_42', feature: 'calls' };
    for (const digest of ['NEXT_REDIRECT;replace;/login?a;b;307;', 'NEXT_HTTP_ERROR_FALLBACK;404', 'oops']) {
      const get = newGate(options, () => {
        throw Object.assign(new Error('thrown'), { digest });
      });
      await expect(get()).rejects.toThrow('thrown');
    }
    await billing.flush();

    const logged = sentTo('/v1/track').flatMap(({ requests }) => requests);
    expect(logged.map(({ status_code }) => status_code)).toEqual([307, 404, 500]);
    expect(sentTo('/usage/track').flatMap(({ events }) => events)).toHaveLength(2);
  });

  it('of Node reports a request once, also of a caller who hung up before it was decided about', async () => {
    await newClient();
    const middleware = expressGate(billing, { meter: 'calls' });
    const app = createServer((request, response) => {
      void middleware(request, response, () => {
        response.write('a');
        response.end('b');
      });
    });
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    try {
      // Declared boundary: it listens on a port.
      const { port } = app.address() as AddressInfo;
      const ask = (leaveAfterMs: number) =>
        new Promise<void>((resolve) => {
          const socket = connect(port, '127.0.0.1', () => {
            socket.write('GET /reports HTTP/1.1\r\nHost: a\r\nX-API-Key: acme_1\r\n\r\n');
            setTimeout(() => socket.destroy(), leaveAfterMs);
          });
          socket.on('data', () => undefined);
          socket.on('close', () => resolve());
        });

      await ask(30);
      await ask(400);
      await billing.flush();

      expect(sentTo('/usage/track').flatMap(({ events }) => events)).toHaveLength(2);
      expect(sentTo('/v1/track').flatMap(({ requests }) => requests)).toHaveLength(2);
    } finally {
      app.closeAllConnections();
      await new Promise((resolve) => app.close(resolve));
    }
  });
});
