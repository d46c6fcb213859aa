import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { Body, Controller, Get, Module, Param, Post, Query } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { METHOD_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Env } from '../../src/env.ts';
import { Unauthenticated } from '../../src/platform/auth/requires.ts';
import { createServer } from '../../src/platform/http/server.ts';
import { PlatformModule } from '../../src/platform/platform.module.ts';
import { startApi, type TestApi } from '../fixtures/api.ts';
import { operations } from './matrix.ts';

let api: TestApi;
let address: string;
beforeAll(async () => {
  api = await startApi();
  await api.app.listen(0, '127.0.0.1');
  address = await api.app.getUrl();
});
afterAll(() => api.close());

@Controller('forgotten')
class Forgotten {
  @Get()
  list(): object {
    return {};
  }
}

@Controller('declared')
class Declared {
  @Get()
  @Unauthenticated('a test needs it')
  list(): object {
    return {};
  }
}

@Controller('loose')
class Loose {
  @Post(':id')
  @Unauthenticated('a test needs it')
  loose(@Param() params: object, @Query('q') query: string, @Body() body: object): object {
    return { params, query, body };
  }
}

@Module({ imports: [PlatformModule], controllers: [Forgotten] })
class ForgottenModule {}

@Module({ imports: [PlatformModule], controllers: [Declared] })
class DeclaredModule {}

// SEC-1
describe('a route', () => {
  it('that declares no credential fails the start of the process', async () => {
    const app = await createServer(ForgottenModule);
    const started = app.init();

    await expect(started).rejects.toThrow(/Forgotten\.list/);
    await app.close().catch(() => undefined);

    const declared = await createServer(DeclaredModule);
    await expect(declared.init()).resolves.toBeDefined();
    await declared.close();
  });

  it('is open to nobody but by a declaration that says why', () => {
    const open = handlers()
      .filter(({ handler }) => Reflect.getMetadata('billingos:requirement', handler)?.credential === 'none')
      .map(({ name }) => name);

    expect(open.toSorted()).toEqual([
      'CustomerPagesController.answerSurvey',
      'CustomerPagesController.getPayPage',
      'CustomerPagesController.getSurvey',
      'CustomerPagesController.openCardForm',
      'CustomerPagesController.payWithCard',
      'HealthController.live',
      'HealthController.ready',
      'MetricsController.scrape',
      'TopUpPagesController.buyOnPage',
      'TopUpPagesController.getTopUpPage',
      'TopUpPagesController.getTopUpPurchase',
      'TopUpPagesController.openTopUpCardForm',
      'WebhooksController.receiveStripeEvent',
    ]);
  });

  it('has a schema for each of its parameters', () => {
    expect(handlers().flatMap(unchecked)).toEqual([]);
    // The check does see a parameter without one.
    expect(unchecked({ name: 'Loose.loose', handler: Loose.prototype.loose, controller: Loose }).length).toBe(
      3,
    );
  });

  it('is in the OpenAPI document, which the tenant matrix is made of', () => {
    const documented = new Set(operations().map(({ id }) => id));
    const missing = handlers().filter(({ name }) => !documented.has(name.split('.')[1] ?? ''));

    expect(missing.map(({ name }) => name).toSorted()).toEqual([
      'HealthController.live',
      'HealthController.ready',
      'MetricsController.scrape',
    ]);
  });
});

describe('the server', () => {
  it('has no route beside those of controllers and of the Swagger page', () => {
    const declared = new Set(operations().map(({ path }) => path.replace(/\{(\w+)\}/g, ':$1')));
    const served = routesOf(api.app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false }));

    expect(served.filter((path) => path.startsWith('/api/v1/')).toSorted()).toEqual([...declared].toSorted());
    expect(served.filter((path) => !path.startsWith('/api/v1/') && !path.startsWith('/api-docs'))).toEqual([
      '/health',
      '/health/live',
      '/health/ready',
      '/metrics',
    ]);
  });
});

// SEC-11
describe('every answer', () => {
  it.each([
    ['an answer', 'GET', '/health/live'],
    ['a refusal', 'GET', '/api/v1/me'],
    ['a route that is not there', 'GET', '/nothing/here'],
    ['an unreadable body', 'POST', '/api/v1/merchants'],
  ] as const)('has the headers that browsers need: %s', async (_, method, path) => {
    const { headers } = await api.send(method, path, method === 'POST' ? '{' : undefined);
    const names = [
      'content-security-policy',
      'x-content-type-options',
      'x-frame-options',
      'referrer-policy',
      'cross-origin-opener-policy',
      'cache-control',
      'x-powered-by',
      'server',
    ];

    expect(headers['x-request-id']).toMatch(/^req_[0-9a-f]{32}$/);
    expect(Object.fromEntries(names.map((name) => [name, headers[name]]))).toEqual({
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-store',
      'x-powered-by': undefined,
      server: undefined,
    });
  });

  it('is in one shape when it is a refusal, whoever refused', async () => {
    const refusals = [
      await api.send('GET', '/api/v1/me'),
      await api.send('GET', '/nothing/here'),
      await api.send('POST', '/api/v1/merchants', '{'),
      await api.send('POST', '/api/v1/merchants', 'x'.repeat(1_200_000)),
      await api.send('POST', '/api/v1/merchants', 'name: Acme', { 'content-type': 'text/yaml' }),
      // What a form of any web page would send.
      await api.send('POST', '/api/v1/merchants', 'name=Acme', {
        'content-type': 'application/x-www-form-urlencoded',
      }),
      await api.send('POST', '/api/v1/merchants', '{"name":"Acme"}', { 'content-type': 'text/plain' }),
      // An address that is none.
      await api.send('GET', '/api/v1/customers/%zz'),
    ];

    expect(refusals.map(({ status }) => status)).toEqual([401, 404, 400, 413, 415, 415, 415, 400]);
    for (const { body, headers } of refusals) {
      expect(body).toEqual({
        error: {
          code: expect.stringMatching(/^[a-z_]+$/),
          message: expect.any(String),
          doc_url: expect.stringContaining(body['error'].code),
          request_id: headers['x-request-id'],
        },
      });
    }
  });

  it.each([
    ['what is no HTTP', 'hello there\r\n\r\n', 400, 'unreadable_request'],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}',
      400,
      'unreadable_request',
    ],
    [
      'a header without end',
      `GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
  ])('is in that shape for %s, too', async (_, request, status, code) => {
    const answer = await rawAnswer(request);
    const [head = '', body = ''] = answer.split('\r\n\r\n');

    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(head).toContain('x-content-type-options: nosniff');
    expect(JSON.parse(body)).toEqual({
      error: {
        code,
        message: expect.any(String),
        doc_url: expect.stringContaining(code),
        request_id: expect.stringMatching(/^req_[0-9a-f]{32}$/),
      },
    });
  });

  it('has a request id of ours, not of the caller', async () => {
    const { headers } = await api.send('GET', '/health/live', undefined, { 'x-request-id': 'req_mine' });

    expect(headers['x-request-id']).not.toBe('req_mine');
  });

  it.each([
    'https://evil.vercel.app',
    'https://appXvercel.app',
    'https://app.billingos.dev.evil.example',
    'http://localhost:3000',
    'null',
  ])('never lets the page of %s use a visitor’s credentials', async (origin) => {
    const answer = await api.send('GET', '/api/v1/me', undefined, { origin });
    const preflight = await api.app.inject({
      method: 'OPTIONS',
      url: '/api/v1/plans',
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization, cookie, x-billingos-environment',
      },
    });

    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    expect(preflight.headers['access-control-allow-credentials']).toBeUndefined();
    expect(preflight.headers['access-control-allow-headers']).toBe(
      'Authorization, Content-Type, Idempotency-Key',
    );
    expect(answer.headers['set-cookie']).toBeUndefined();
  });
});

describe('a body', () => {
  it('that is no JSON is refused with the place where it breaks', async () => {
    const cut = await api.send('POST', '/api/v1/merchants', '{"name": "Acm');
    const poisoned = await api.send('POST', '/api/v1/merchants', '{"__proto__": {}, "name": "Acme"}');

    expect(cut.body['error'].message).toMatch(/^The body is not well-formed JSON\. .*position 13/);
    expect(poisoned.status).toBe(400);
    expect(poisoned.body['error'].message).toContain('__proto__');
  });

  it.each([
    ['Latin-1', Buffer.from('{"external_id":"Müller"}', 'latin1')],
    [
      'half a character',
      Buffer.from([...Buffer.from('{"external_id":"a'), 0xe2, 0x82, ...Buffer.from('"}')]),
    ],
  ])('in %s is refused, and no name is changed on the way', async (_, payload) => {
    const { asServer, secretKey } = await api.newTenant();
    const answer = await api.app.inject({
      method: 'POST',
      url: '/api/v1/customers',
      headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
      payload,
    });

    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toMatchObject({ code: 'unreadable_request' });
    expect(answer.json().error.message).toContain('UTF-8');
    expect((await asServer('GET', 'customers')).body['data']).toEqual([]);
  });

  it('may be left out where none is needed, whatever the Content-Type says', async () => {
    const { asServer } = await api.newTenant();

    const answer = await asServer('POST', 'entitlements/reservations/res_unknown/release', '');

    expect(answer.body['error'].code).toBe('reservation_not_found');
  });
});

describe('an address', () => {
  it.each([
    ['a long own id', 'x'.repeat(255)],
    ['an own id in another script', '請求'.repeat(120)],
  ])('may hold %s', async (_, externalId) => {
    const { asServer } = await api.newTenant();
    await asServer('POST', 'customers', { external_id: externalId });

    const found = await asServer('GET', `customers/${encodeURIComponent(externalId)}`);

    expect(found.status).toBe(200);
    expect(found.body['external_id']).toBe(externalId);
  });
});

describe('what a route takes', () => {
  it('is told to a program that asks, too', async () => {
    const { statusCode, headers } = await api.app.inject({ method: 'OPTIONS', url: '/api/v1/usage/track' });

    expect(statusCode).toBe(204);
    expect(headers['access-control-allow-methods']).toContain('POST');
  });
});

describe('in production', () => {
  const production = {
    NODE_ENV: 'production',
    API_URL: 'https://api.example.com',
    METRICS_TOKEN: 'a-token-only-for-tests',
    STRIPE_EMULATOR_URL: '',
    SECRETS_KEY: randomBytes(32).toString('base64url'),
    SMTP_URL: 'smtp://127.0.0.1:9',
    MAIL_FROM: 'billing@example.com',
  };

  it('there is no Swagger page, browsers must use https, and metrics need their token', async () => {
    const live = await api.another(production);
    const page = await live.send('GET', '/api-docs');
    const document = await live.send('GET', '/api-docs-json');
    const health = await live.send('GET', '/health/live');
    const metrics = [
      await live.send('GET', '/metrics'),
      await live.send('GET', '/metrics', undefined, { authorization: 'Bearer a-token-only-for-testz' }),
      await live.send('GET', '/metrics', undefined, { authorization: 'Bearer a-token-only-for-tests' }),
    ];
    await live.close();

    // The document stays: the page of error codes is made of it.
    expect([page.status, document.status]).toEqual([404, 200]);
    expect(health.headers['strict-transport-security']).toContain('max-age=31536000');
    expect(metrics.map(({ status }) => status)).toEqual([401, 401, 200]);
  });

  it.each([
    ['an API without https', { API_URL: 'http://api.example.com' }, 'API_URL'],
    ['open metrics', { METRICS_TOKEN: '' }, 'METRICS_TOKEN'],
    ['the key for secrets that everybody knows', { SECRETS_KEY: '' }, 'SECRETS_KEY'],
    ['a key for secrets that is too short', { SECRETS_KEY: 'c2hvcnQ' }, 'SECRETS_KEY'],
    ['no mail server', { SMTP_URL: '' }, 'SMTP_URL'],
    ['a sender that is nobody', { MAIL_FROM: '' }, 'MAIL_FROM'],
    ['merchants’ addresses leading to itself', { MERCHANT_URLS_LOOPBACK: 'allow' }, 'MERCHANT_URLS_LOOPBACK'],
    ['the Stripe emulator', { STRIPE_EMULATOR_URL: 'http://127.0.0.1:9' }, 'STRIPE_EMULATOR_URL'],
  ])('the process does not start with %s', (_, setting, name) => {
    const settings = { ...process.env, ...production, ...setting };

    expect(() => Env.read(settings)).toThrow(name);
  });
});

/** The paths of Fastify's tree of routes, in which each line is a segment and its depth is its indentation. */
function routesOf(tree: string): string[] {
  const stack: string[] = [];
  const paths = tree.split('\n').flatMap((line) => {
    const [, indent = '', segment = '', methods] = /^([│\s]*[├└]── )(\S+)(?: \((.+)\))?/.exec(line) ?? [];
    const depth = indent.length / 4;
    stack.splice(depth - 1, stack.length, segment);
    return methods === undefined || methods === 'OPTIONS' ? [] : [stack.join('')];
  });
  return [...new Set(paths)].toSorted();
}

/** What is answered to bytes, until the connection is closed. */
async function rawAnswer(bytes: string): Promise<string> {
  const { port } = new URL(address);
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(bytes);
  let answer = '';
  for await (const chunk of socket.setEncoding('utf8')) {
    answer += String(chunk);
  }
  return answer;
}

interface Handler {
  name: string;
  handler: object;
  controller: object;
}

function handlers(): Handler[] {
  const scanner = api.app.get(MetadataScanner);
  return api.app
    .get(DiscoveryService)
    .getControllers()
    .flatMap(({ instance, metatype }) =>
      scanner
        .getAllMethodNames(Object.getPrototypeOf(instance))
        .filter((name) => Reflect.getMetadata(METHOD_METADATA, instance[name]) !== undefined)
        .map((name) => ({
          name: `${metatype?.name ?? ''}.${name}`,
          handler: instance[name],
          controller: metatype ?? {},
        })),
    );
}

/** Body, query and path parameters that no schema checks. (Headers and the raw body are read by their names.) */
function unchecked({ name, handler, controller }: Handler): string[] {
  const kinds: Record<string, string> = { '3': 'body', '4': 'query', '5': 'param' };
  const method = name.split('.')[1] ?? '';
  const declared: Record<string, { schema?: unknown }> =
    Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method) ?? {};
  const paths = [Reflect.getMetadata(PATH_METADATA, handler)].flat().map(String);
  const checked = Object.entries(declared).filter(([, { schema }]) => schema !== undefined);
  const loose = Object.entries(declared)
    .filter(([id, { schema }]) => (id.split(':')[0] ?? '') in kinds && schema === undefined)
    .map(([id]) => `${name}: ${kinds[id.split(':')[0] ?? '']}`);
  const isUnread =
    paths.some((path) => path.includes(':')) &&
    !checked.some(([id]) => id.startsWith('5:')) &&
    loose.length === 0;
  return isUnread ? [`${name}: path`] : loose;
}
