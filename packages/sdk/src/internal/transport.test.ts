import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type Answer,
  type RecordingServer,
  sendError,
  sendJson,
  startRecordingServer,
} from '../../test/recording-server.ts';
import {
  APIError,
  AuthenticationError,
  ConflictError,
  ConnectionError,
  InvalidRequestError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  ServiceUnavailableError,
  TimeoutError,
} from '../core/errors.ts';
import { Transport, type TransportSettings } from './transport.ts';

const customer = { id: 'cus_1', external_id: 'user_42' };
const key = 'bos_sk_test_0123456789012345678901234567890123';

let server: RecordingServer;
afterEach(() => server.close());

async function transportTo(answer: Answer, settings: Partial<TransportSettings> = {}): Promise<Transport> {
  server = await startRecordingServer(answer);
  return new Transport({
    baseUrl: server.url,
    key,
    timeoutMs: 2_000,
    retriesMax: 2,
    fetch: globalThis.fetch,
    isBrowser: false,
    ...settings,
  });
}

const createCustomer = (transport: Transport, options = {}) =>
  transport.call('post', '/api/v1/customers', { body: { external_id: 'user_42' } }, options);

describe('many requests at once', () => {
  it('are sent a hundred at a time, in their order, and all answered', async () => {
    let [underWay, most] = [0, 0];
    const transport = await transportTo((response) => sendJson(response, 201, customer), {
      fetch: async (...request) => {
        most = Math.max(most, ++underWay);
        try {
          return await fetch(...request);
        } finally {
          underWay--;
        }
      },
    });

    const created = await Promise.all(
      Array.from({ length: 450 }, () => createCustomer(transport, { retriesMax: 0, timeoutMs: 20_000 })),
    );

    expect(created).toHaveLength(450);
    expect(most).toBe(100);
  });

  it('do not keep a caller waiting who has no time, or gives up, and leave no place behind', async () => {
    const answers: (() => void)[] = [];
    const transport = await transportTo((response) => {
      answers.push(() => sendJson(response, 201, customer));
    });
    const first = Array.from({ length: 100 }, () => createCustomer(transport, { timeoutMs: 20_000 }));
    const stop = new AbortController();

    const waiting = [
      createCustomer(transport, { deadlineMs: 50 }),
      createCustomer(transport, { signal: stop.signal }),
    ];
    await expect(waiting[0]).rejects.toBeInstanceOf(TimeoutError);
    stop.abort(new Error('shutting down'));
    await expect(waiting[1]).rejects.toThrow('shutting down');

    await vi.waitFor(() => expect(answers).toHaveLength(100), 20_000);
    answers.splice(0).forEach((answer) => answer());
    await Promise.all(first);
    const last = createCustomer(transport);
    await vi.waitFor(() => expect(answers).toHaveLength(1), 20_000);
    answers[0]?.();
    expect(await last).toEqual(customer);
  });
});

describe('a request', () => {
  it('carries the key, the body as JSON and an idempotency key', async () => {
    const transport = await transportTo((response) => sendJson(response, 201, customer));

    const created = await createCustomer(transport);

    expect(created).toEqual(customer);
    const [request] = server.requests;
    expect(request).toMatchObject({
      method: 'POST',
      path: '/api/v1/customers',
      body: '{"external_id":"user_42"}',
    });
    expect(request?.headers).toMatchObject({
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'user-agent': expect.stringMatching(/^billingos-sdk\/\d+\.\d+\.\d+$/),
      'idempotency-key': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('keeps an id with slashes, dots and percent signs in one segment of the path', async () => {
    const transport = await transportTo((response) => sendJson(response, 200, customer));

    for (const id of ['a/../b', 'a%2Fb', 'ä?x#y']) {
      await transport.call('get', '/api/v1/customers/{id}', { path: { id } });
      expect(decodeURIComponent(server.requests.at(-1)?.path.slice('/api/v1/customers/'.length) ?? '')).toBe(
        id,
      );
    }
  });

  it('is not sent with an id that would name another route', async () => {
    const transport = await transportTo((response) => sendJson(response, 200, customer));

    for (const id of ['', '.', '..']) {
      await expect(transport.call('get', '/api/v1/customers/{id}', { path: { id } })).rejects.toMatchObject({
        code: 'argument_invalid',
      });
    }
    expect(server.requests).toHaveLength(0);
  });

  it('leaves undefined out of the query', async () => {
    const transport = await transportTo((response) => sendJson(response, 200, {}));

    await transport.call('get', '/api/v1/customers', { query: { search: 'ada & co', cursor: undefined } });

    expect([...(server.requests[0]?.query ?? [])]).toEqual([['search', 'ada & co']]);
  });
});

describe('a retry', () => {
  const failures: [string, Answer][] = [
    ['the answer is 500', (response) => sendError(response, 500, 'internal_error')],
    ['the answer is 503', (response) => sendError(response, 503, 'service_unavailable')],
    ['a proxy answers 502 in HTML', (response) => response.writeHead(502).end('<h1>Bad gateway</h1>')],
    ['the answer is 429', (response) => sendError(response, 429, 'rate_limited')],
    [
      'the first request is still worked on',
      (response) => sendError(response, 409, 'idempotency_in_progress'),
    ],
    ['the connection breaks before the answer', (response) => response.destroy()],
    [
      'the connection breaks within the answer',
      (response) => {
        response.writeHead(201, { 'Content-Length': '100' }).write('{"id":');
        setTimeout(() => response.destroy(), 10);
      },
    ],
    ['the answer is not JSON', (response) => response.writeHead(200).end('<h1>Maintenance</h1>')],
  ];
  it.each(failures)('follows when %s, with the same idempotency key and body', async (_, fail) => {
    const transport = await transportTo((response, request, index) => {
      if (index === 0) {
        fail(response, request, index);
      } else {
        sendJson(response, 201, customer);
      }
    });

    expect(await createCustomer(transport)).toEqual(customer);

    const [first, second] = server.requests;
    expect(server.requests).toHaveLength(2);
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
    expect(second?.body).toBe(first?.body);
  });

  it('uses the idempotency key that the caller gave', async () => {
    const transport = await transportTo((response) => sendJson(response, 201, customer));

    await createCustomer(transport, { idempotencyKey: 'order 7' });

    expect(server.requests[0]?.headers['idempotency-key']).toBe('order 7');
    await expect(createCustomer(transport, { idempotencyKey: 'ä\n' })).rejects.toThrow(/printable ASCII/);
  });

  it('waits as long as Retry-After asks', async () => {
    const transport = await transportTo((response, _, index) =>
      index === 0
        ? sendError(response, 429, 'rate_limited', { 'Retry-After': '1' })
        : sendJson(response, 201, customer),
    );
    const started = performance.now();

    await createCustomer(transport);

    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
  });

  it('is left to the caller when Retry-After is longer than somebody waits', async () => {
    const transport = await transportTo((response) =>
      sendError(response, 429, 'rate_limited', { 'Retry-After': '3600' }),
    );

    const error = await createCustomer(transport).catch((caught: unknown) => caught);

    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ retryAfterMs: 3_600_000 });
    expect(server.requests).toHaveLength(1);
  });

  it('ends after the given number', async () => {
    const transport = await transportTo((response) => sendError(response, 503, 'service_unavailable'));

    await expect(createCustomer(transport, { retriesMax: 1 })).rejects.toBeInstanceOf(
      ServiceUnavailableError,
    );

    expect(server.requests).toHaveLength(2);
  });

  it('does not follow, and a try is cut short, when the deadline for all of them comes first', async () => {
    const transport = await transportTo((response, _, index) => {
      if (index === 0) {
        sendError(response, 503, 'service_unavailable');
      }
    });
    const started = performance.now();

    await expect(createCustomer(transport, { deadlineMs: 600 })).rejects.toBeInstanceOf(TimeoutError);

    expect(performance.now() - started).toBeLessThan(1_900);
    expect(server.requests).toHaveLength(2);
  });

  it('does not follow a refusal', async () => {
    const transport = await transportTo((response) => sendError(response, 409, 'external_id_taken'));

    await expect(createCustomer(transport)).rejects.toBeInstanceOf(ConflictError);

    expect(server.requests).toHaveLength(1);
  });
});

describe('an error', () => {
  it.each([
    [400, InvalidRequestError],
    [401, AuthenticationError],
    [403, PermissionError],
    [404, NotFoundError],
    [409, ConflictError],
    [413, InvalidRequestError],
    [418, APIError],
    [422, InvalidRequestError],
    [429, RateLimitError],
    [500, ServiceUnavailableError],
    [503, ServiceUnavailableError],
  ])('of status %i is a %o with what the answer says', async (status, type) => {
    const transport = await transportTo((response) => sendError(response, status, 'some_code'));

    const error = await createCustomer(transport, { retriesMax: 0 }).catch((caught: unknown) => caught);

    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({
      name: type.name,
      status,
      code: 'some_code',
      message: 'It is some_code.',
      param: 'name',
      requestId: 'req_1',
      docUrl: 'http://localhost/docs/errors#some_code',
    });
  });

  it('of something else that says no in the place of BillingOS is a ConnectionError, tried again', async () => {
    const transport = await transportTo((response, _, index) =>
      index < 2
        ? response.writeHead([404, 403][index] ?? 200).end('<h1>default backend</h1>')
        : sendJson(response, 201, customer),
    );

    expect(await createCustomer(transport)).toEqual(customer);
    await server.close();

    const behind = await transportTo((response) => response.writeHead(404).end('<h1>Not found</h1>'));
    const error = await createCustomer(behind, { retriesMax: 0 }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({
      code: 'answer_unreadable',
      message: expect.stringMatching(/404.*baseUrl/),
    });
  });

  it('of a proxy that means what BillingOS would mean still has a code and the request id of the header', async () => {
    const transport = await transportTo((response) =>
      response.writeHead(413, { 'X-Request-Id': 'req_9' }).end('<h1>Too large</h1>'),
    );

    const error = await createCustomer(transport).catch((caught: unknown) => caught);

    expect(error).toBeInstanceOf(InvalidRequestError);
    expect(error).toMatchObject({ code: 'http_413', requestId: 'req_9' });
  });

  it('is retried after as long as the answer says, by the clock of whoever answered', async () => {
    const transport = await transportTo((response, _, index) =>
      index === 0
        ? response
            .writeHead(503, {
              Date: 'Thu, 01 Jan 2015 00:00:00 GMT',
              'Retry-After': 'Thu, 01 Jan 2015 00:00:01 GMT',
            })
            .end()
        : sendJson(response, 201, customer),
    );
    const started = performance.now();

    expect(await createCustomer(transport)).toEqual(customer);

    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
  });

  it('does not come at once from a timeout that is longer than a timer can be', async () => {
    const transport = await transportTo((response) =>
      setTimeout(() => sendJson(response, 201, customer), 100),
    );

    expect(await createCustomer(transport, { timeoutMs: 2 ** 40, retriesMax: 0 })).toEqual(customer);
  });

  it('says that a redirect was answered, and does not carry the key there', async () => {
    const transport = await transportTo((response) =>
      response.writeHead(302, { Location: `${server.url}/elsewhere` }).end(),
    );

    await expect(createCustomer(transport, { retriesMax: 0 })).rejects.toMatchObject({
      code: 'answer_unreadable',
      message: expect.stringContaining('baseUrl'),
    });

    expect(server.requests).toHaveLength(1);
  });

  it('of an unreachable server is a ConnectionError that does not hold the key', async () => {
    const transport = await transportTo(() => undefined);
    await server.close();

    const error = await createCustomer(transport, { retriesMax: 0 }).catch((caught: unknown) => caught);

    expect(error).toBeInstanceOf(ConnectionError);
    expect(String(error)).toContain('ECONNREFUSED');
    expect(String(error)).not.toContain('bos_sk_');
  });

  it('of an answer that stays away, or stops half-way, is a TimeoutError', async () => {
    const transport = await transportTo((response, _, index) => {
      if (index === 1) {
        response.writeHead(200).write('{');
      }
    });

    for (const _ of [1, 2]) {
      await expect(createCustomer(transport, { timeoutMs: 50, retriesMax: 0 })).rejects.toBeInstanceOf(
        TimeoutError,
      );
    }
  });

  it('of a caller without time is a TimeoutError, not a warning of the runtime', async () => {
    const transport = await transportTo(() => undefined);
    const warned = vi.fn<(warning: Error) => void>();
    process.on('warning', warned);
    try {
      await expect(createCustomer(transport, { deadlineMs: -5 })).rejects.toBeInstanceOf(TimeoutError);
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(warned).not.toHaveBeenCalled();
    } finally {
      process.off('warning', warned);
    }
  });

  it('of a caller that gave up is the reason it gave, during a request and between two', async () => {
    const transport = await transportTo((response, _, index) => {
      if (index > 0) {
        sendError(response, 503, 'service_unavailable', { 'Retry-After': '5' });
      }
    });

    for (const _ of ['no answer', 'waiting for the retry']) {
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Error('shutting down')), 100);
      await expect(createCustomer(transport, { signal: stop.signal })).rejects.toThrow('shutting down');
    }
    await expect(
      createCustomer(transport, { signal: AbortSignal.abort(new Error('too late')) }),
    ).rejects.toThrow('too late');
    expect(server.requests).toHaveLength(2);
  });
});
