import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Answer,
  type RecordingServer,
  sendError,
  sendJson,
  startRecordingServer,
} from '../test/recording-server.ts';
import { BillingOS, type BillingOSOptions } from './client.ts';
import {
  AuthenticationError,
  ConnectionError,
  InvalidRequestError,
  NotFoundError,
  PermissionError,
  TimeoutError,
} from './core/errors.ts';

const secretKey = `bos_sk_test_${'a1'.repeat(19)}Z`;
const allowed = {
  allowed: true,
  reason: null,
  feature: 'api_calls',
  remaining: 5,
  version: 7,
  degraded: false,
};

let server: RecordingServer;
let billing: BillingOS;
afterEach(async () => {
  await billing.close({ timeoutMs: 0 });
  await server.close();
});

async function clientOf(answer: Answer, options: BillingOSOptions = {}): Promise<void> {
  server = await startRecordingServer(answer);
  billing = new BillingOS({ secretKey, baseUrl: server.url, onUsageError: () => undefined, ...options });
}

describe('a check', () => {
  it('asks for the customer, the feature and the units, and answers what BillingOS answers', async () => {
    await clientOf((response) => sendJson(response, 200, allowed));

    expect(await billing.check('user_42', 'api_calls', { required: 5 })).toEqual(allowed);

    expect(Object.fromEntries(server.requests[0]?.query ?? [])).toEqual({
      customer: 'user_42',
      feature: 'api_calls',
      required: '5',
    });
  });

  it.each([
    ['it cannot be reached', (response) => response.destroy()],
    ['it fails', (response) => sendError(response, 500, 'internal_error')],
    ['it limits us', (response) => sendError(response, 429, 'rate_limited')],
    ['it stays silent', () => undefined],
    ['it stays silent, then fails', (response, _, index) => (index === 0 ? undefined : response.destroy())],
  ] as [string, Answer][])('answers with the fallback, marked, within 3 seconds when %s', async (_, fail) => {
    await clientOf(fail);
    const started = performance.now();

    expect(await billing.check('user_42', 'api_calls')).toMatchObject({
      allowed: false,
      reason: 'unreachable',
      degraded: true,
      remaining: null,
    });

    // A little more than 3 s, for a test machine that is busy with others.
    expect(performance.now() - started).toBeLessThan(3_500);
    expect(server.requests).toHaveLength(2);
  });

  it('answers so, also from memory, when a thousand are asked at once and nothing is heard', async () => {
    await clientOf(() => undefined, { snapshot: true });
    const started = performance.now();

    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => billing.check(`user_${index}`, 'api_calls')),
    );

    expect(answers.every(({ reason }) => reason === 'unreachable')).toBe(true);
    // A hundred after the other, each waiting out its tries, they would take 13 s.
    expect(performance.now() - started).toBeLessThan(8_000);
  });

  it('does not wait out a Retry-After that is longer than that', async () => {
    await clientOf((response) => sendError(response, 503, 'service_unavailable', { 'Retry-After': '3' }));
    const started = performance.now();

    expect(await billing.hasFeature('user_42', 'api_calls')).toBe(false);

    expect(performance.now() - started).toBeLessThan(2_000);
    expect(server.requests).toHaveLength(1);
  });

  it('falls back to what the client, or the call, says', async () => {
    await clientOf((response) => response.destroy(), { fallback: true, retriesMax: 0 });

    expect(await billing.hasFeature('user_42', 'exports')).toBe(true);
    expect(await billing.hasFeature('user_42', 'exports', { fallback: false })).toBe(false);
    expect(await billing.check('user_42', 'exports')).toMatchObject({
      allowed: true,
      reason: null,
      degraded: true,
    });
  });

  describe('that BillingOS cannot look up', () => {
    const byPolicy = { ...allowed, reason: 'outage', remaining: null, version: 0, degraded: true };

    it('is answered by the feature’s policy, as BillingOS says it', async () => {
      await clientOf((response) => sendJson(response, 200, byPolicy));

      expect(await billing.check('user_42', 'api_calls')).toEqual(byPolicy);
      expect(await billing.hasFeature('user_42', 'api_calls')).toBe(true);
    });

    it('is answered by what the code says of this feature, before the policy', async () => {
      await clientOf((response) => sendJson(response, 200, byPolicy), { fallback: { api_calls: false } });

      expect(await billing.check('user_42', 'api_calls')).toMatchObject({
        allowed: false,
        reason: 'unreachable',
        degraded: true,
      });
      expect(await billing.hasFeature('user_42', 'api_calls', { fallback: true })).toBe(true);
      expect(await billing.hasFeature('user_42', 'exports')).toBe(true);
    });

    it('is answered by what BillingOS last knew, whatever the code says', async () => {
      const known = { ...allowed, allowed: false, reason: 'not_entitled', degraded: true };
      await clientOf((response) => sendJson(response, 200, known), { fallback: true });

      expect(await billing.check('user_42', 'api_calls')).toEqual(known);
    });

    it.each([
      ['cannot read what a customer may do', (response) => sendError(response, 503, 'service_unavailable')],
      ['does not answer in time what a customer may do', () => undefined],
    ] as [string, (response: ServerResponse) => void][])(
      'is asked for all the same, with a snapshot, when BillingOS %s',
      async (_, fail) => {
        await clientOf(
          (response, { path }) =>
            path.endsWith('/check') ? sendJson(response, 200, byPolicy) : fail(response),
          { snapshot: true },
        );

        expect(await billing.check('user_42', 'api_calls')).toEqual(byPolicy);
        expect(await billing.check('user_42', 'api_calls')).toEqual(byPolicy);

        const reads = server.requests.filter(({ path }) => path.endsWith('/customers/user_42/entitlements'));
        expect(reads).toHaveLength(1);
      },
    );
  });

  it('never answers with the fallback what is a mistake', async () => {
    for (const [status, type] of [
      [403, PermissionError],
      [404, NotFoundError],
      [422, InvalidRequestError],
    ] as const) {
      await clientOf((response) => sendError(response, status, 'some_code'), { fallback: true });

      await expect(billing.hasFeature('user_42', 'expotrs')).rejects.toBeInstanceOf(type);
      await server.close();
    }
  });

  it('ends with the reason of the caller who gives up', async () => {
    await clientOf(() => undefined, { fallback: true });
    const stop = AbortSignal.abort(new Error('request closed'));

    await expect(billing.hasFeature('user_42', 'exports', { signal: stop })).rejects.toThrow(
      'request closed',
    );
  });
});

const store: Answer = (response, { body }) => {
  const { events, requests }: Record<string, { idempotency_key: string }[] | undefined> = JSON.parse(body);
  sendJson(response, 200, {
    results: (events ?? requests ?? []).map(({ idempotency_key }) => ({
      idempotency_key,
      status: 'accepted',
      id: 'evt_1',
      error: null,
    })),
  });
};

describe('tracked usage', () => {
  it('is sent in one batch, each event with a key and the time of its use', async () => {
    await clientOf(store);
    const before = Date.now();

    await Promise.all([
      billing.trackUsage('user_42', 'api_calls'),
      billing.trackUsage('user_43', 'api_calls', 2.5, { properties: { region: 'eu' } }),
    ]);

    expect(server.requests).toHaveLength(1);
    const { events } = JSON.parse(server.requests[0]?.body ?? '');
    expect(events).toEqual([
      {
        idempotency_key: expect.stringMatching(/^[0-9a-f-]{36}$/),
        customer: 'user_42',
        meter: 'api_calls',
        value: 1,
        occurred_at: expect.any(String),
      },
      expect.objectContaining({ customer: 'user_43', value: 2.5, properties: { region: 'eu' } }),
    ]);
    expect(events[0].idempotency_key).not.toBe(events[1].idempotency_key);
    expect(Date.parse(events[0].occurred_at)).toBeGreaterThanOrEqual(before);
  });

  it('is the same event each time it is tracked with the same key', async () => {
    await clientOf(store);

    await billing.trackUsage('user_42', 'api_calls', 1, { idempotencyKey: 'job_7' });
    await billing.trackUsage('user_42', 'api_calls', 1, { idempotencyKey: 'job_7' });

    const [first, second] = server.requests.map(({ body }) => body);
    expect(first).toBe(
      '{"events":[{"idempotency_key":"job_7","customer":"user_42","meter":"api_calls","value":1}]}',
    );
    expect(second).toBe(first);
  });

  it('says when it was used if the caller does', async () => {
    await clientOf(store);
    const occurredAt = new Date('2026-01-02T03:04:05Z');

    await billing.trackUsage('user_42', 'api_calls', 1, { idempotencyKey: 'job_7', occurredAt });

    expect(server.requests[0]?.body).toContain('"occurred_at":"2026-01-02T03:04:05.000Z"');
  });

  it('is repeated as it was, whatever became of the object that its properties were in', async () => {
    await clientOf((response, request, index) =>
      index < 1 ? sendError(response, 503, 'service_unavailable') : store(response, request, index),
    );
    const properties = { region: 'eu' };

    const tracked = billing.trackUsage('user_42', 'api_calls', 1, { properties });
    properties.region = 'us';
    await tracked;

    expect(server.requests.map(({ body }) => JSON.parse(body).events[0].properties)).toEqual([
      { region: 'eu' },
      { region: 'eu' },
    ]);
  });

  it('survives an outage, and counts once', async () => {
    await clientOf((response, request, index) =>
      index < 2 ? sendError(response, 503, 'service_unavailable') : store(response, request, index),
    );

    void billing.trackUsage('user_42', 'api_calls');
    await billing.flush();

    expect(server.requests).toHaveLength(3);
    expect(new Set(server.requests.map(({ body }) => body)).size).toBe(1);
  });
});

describe('what is consumed', () => {
  it('is taken in one request, under a key that its retries keep', async () => {
    await clientOf((response, _, index) =>
      index === 0
        ? response.destroy()
        : sendJson(response, 200, { ...allowed, allowed: false, reason: 'limit_reached' }),
    );

    expect(await billing.consume('user_42', 'api_calls', 5)).toMatchObject({
      allowed: false,
      reason: 'limit_reached',
    });

    const bodies = server.requests.map(({ body }) => JSON.parse(body));
    expect(bodies).toEqual([
      {
        idempotency_key: expect.stringMatching(/^[0-9a-f-]{36}$/),
        customer: 'user_42',
        feature: 'api_calls',
        quantity: 5,
      },
      bodies[0],
    ]);
  });

  it('is taken under the key of the caller, and throws while BillingOS is away', async () => {
    await clientOf((response) => response.destroy(), { retriesMax: 0, fallback: true });

    await expect(
      billing.consume('user_42', 'api_calls', 1, { idempotencyKey: 'job_7', properties: { region: 'eu' } }),
    ).rejects.toBeInstanceOf(ConnectionError);

    expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({
      idempotency_key: 'job_7',
      quantity: 1,
      properties: { region: 'eu' },
    });
  });
});

describe('a client that follows a stream', () => {
  it('is told at once, and each time it asks, that BillingOS refuses the key', async () => {
    await clientOf((response) => sendError(response, 401, 'credential_invalid'), { snapshot: true });
    const started = performance.now();

    await expect(billing.ready()).rejects.toMatchObject({ code: 'credential_invalid' });
    await expect(billing.ready()).rejects.toBeInstanceOf(AuthenticationError);

    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('is told that it takes too long, or that it was closed meanwhile', async () => {
    await clientOf((response) => response.destroy(), { snapshot: true });

    await expect(billing.ready({ timeoutMs: 50 })).rejects.toBeInstanceOf(TimeoutError);

    const waiting = billing.ready();
    await Promise.all([
      expect(waiting).rejects.toMatchObject({ code: 'client_closed' }),
      billing.close({ timeoutMs: 0 }),
    ]);
    await expect(billing.ready()).rejects.toMatchObject({ code: 'client_closed' });
  });
});

describe('a client in a serverless function', () => {
  const storeSlowly: Answer = (response, request, index) =>
    void setTimeout(() => store(response, request, index), 50);

  it('asks the platform to wait until what was reported is stored', async () => {
    const waitedFor: Promise<void>[] = [];
    await clientOf(storeSlowly, { serverless: { waitUntil: (work) => waitedFor.push(work) } });

    void billing.trackUsage('user_42', 'api_calls');
    await billing.settle();
    expect(server.requests).toHaveLength(0);
    await Promise.all(waitedFor);

    expect(server.requests.map(({ path }) => path)).toEqual(['/api/v1/usage/track']);
  });

  it('costs no more for each event while many wait, and nothing outside of a request', async () => {
    let waits = 0;
    await clientOf((response) => response.destroy(), {
      serverless: {
        waitUntil: () => {
          waits++;
          throw new Error('outside of a request');
        },
      },
    });
    const started = performance.now();

    for (let i = 0; i < 9_000; i++) {
      billing.trackUsage('user_42', 'api_calls').catch(() => undefined);
    }

    expect(waits).toBe(9_000);
    // Where each event waits for all others, it is minutes and gigabytes.
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('does not hold up its answer while BillingOS is away', async () => {
    await clientOf((response) => response.destroy(), { serverless: true });
    const started = performance.now();

    for (let answers = 0; answers < 5; answers++) {
      billing.trackUsage('user_42', 'api_calls').catch(() => undefined);
      await billing.settle();
    }

    expect(performance.now() - started).toBeLessThan(3_000);
  });

  it('sends usage and logs before it answers, where the platform has no such thing', async () => {
    await clientOf(storeSlowly, { serverless: true });

    void billing.trackUsage('user_42', 'api_calls');
    void billing.logRequest({ endpoint: '/users', method: 'GET', status_code: 200, response_time_ms: 3 });
    await billing.settle();

    expect(server.requests.map(({ path }) => path).toSorted()).toEqual([
      '/api/v1/track',
      '/api/v1/usage/track',
    ]);
  });
});

describe('a logged request', () => {
  it('is given to onLogError when it is refused', async () => {
    const lost: string[] = [];
    await clientOf((response) => sendError(response, 422, 'log_key_unknown'), {
      onLogError: (error, { endpoint }) => lost.push(`${endpoint} ${String(error)}`),
    });

    await expect(
      billing.logRequest({ endpoint: '/users', method: 'GET', status_code: 200, response_time_ms: 3 }),
    ).rejects.toMatchObject({ code: 'log_key_unknown' });

    expect(lost).toEqual(['/users InvalidRequestError: It is log_key_unknown.']);
  });
});

describe('the subscription of a customer', () => {
  it('is the running one', async () => {
    await clientOf((response) =>
      sendJson(response, 200, { data: [{ id: 'sub_1' }], has_more: false, next_cursor: null }),
    );

    expect(await billing.getSubscription('user_42')).toEqual({ id: 'sub_1' });

    expect(Object.fromEntries(server.requests[0]?.query ?? [])).toMatchObject({
      customer: 'user_42',
      status: 'running',
    });
  });

  it('is null without one, and for a customer nobody knows yet', async () => {
    await clientOf((response) => sendJson(response, 200, { data: [], has_more: false, next_cursor: null }));
    expect(await billing.getSubscription('user_42')).toBeNull();
    await server.close();

    await clientOf((response) => sendError(response, 404, 'customer_not_found'));
    expect(await billing.getSubscription('user_42')).toBeNull();
  });

  it('is not that of two others when their ids are in the id with a comma', async () => {
    await clientOf((response, { path }) =>
      path.startsWith('/api/v1/customers/')
        ? sendJson(response, 200, { id: 'cus_9' })
        : sendJson(response, 200, { data: [], has_more: false, next_cursor: null }),
    );

    await billing.getSubscription('user_1,user_2');

    expect(server.requests.map(({ path, query }) => [path, query.get('customer')])).toEqual([
      ['/api/v1/customers/user_1%2Cuser_2', null],
      ['/api/v1/subscriptions', 'cus_9'],
    ]);
  });
});

describe('the client', () => {
  it('shows its key to nobody who prints it', async () => {
    await clientOf((response) => response.end());

    expect(inspect(billing, { depth: 10, showHidden: true })).not.toContain(secretKey);
    expect(JSON.stringify(billing)).not.toContain(secretKey);
  });
});
