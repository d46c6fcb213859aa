import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, type MiddlewareConsumer, Get, Module, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import express from 'express';
import Fastify, { type FastifyRequest } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import * as expressGate from '../../../packages/sdk/src/express.ts';
import * as fastifyGate from '../../../packages/sdk/src/fastify.ts';
import { BillingOS, type BillingOSOptions } from '../../../packages/sdk/src/index.ts';
import * as nestGate from '../../../packages/sdk/src/nest.ts';
import * as nextGate from '../../../packages/sdk/src/next.ts';
import { FeaturePolicies } from '../src/modules/entitlements/feature-policies.ts';
import { startApi, type Tenant, type TestApi } from './fixtures/api.ts';
import { grant } from './fixtures/grants.ts';
import { type Proxy, startProxy } from './fixtures/proxy.ts';

let api: TestApi;
let proxy: Proxy;
let tenant: Tenant;
let billing: BillingOS;
beforeAll(async () => {
  api = await startApi();
  await api.app.listen(0, '127.0.0.1');
  proxy = await startProxy(await api.app.getUrl());
  tenant = await api.newTenant();
  await tenant.asServer('POST', 'features', { key: 'exports', name: 'Exports', type: 'boolean' });
  await tenant.asServer('POST', 'features', { key: 'api_calls', name: 'API calls', type: 'metered' });
  billing = newClient();
});
afterAll(async () => {
  await billing.close();
  await proxy.close();
  api.app.getHttpServer().closeAllConnections();
  await api.close();
});

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

function newClient(options: BillingOSOptions = {}): BillingOS {
  return new BillingOS({ secretKey: tenant.secretKey, baseUrl: proxy.url, ...options });
}

type Options = expressGate.GateOptions<object>;
/** Serves `GET /reports/7` behind a gate, and says who asked. Answers with its address. */
type Serve = (client: BillingOS, options: Options) => Promise<string>;

const said = (admission: nextGate.Admission | undefined) => ({
  customer: admission?.customer,
  degraded: admission?.degraded,
});

const servers: Record<string, Serve> = {
  Express: async (client, options) => {
    const app = express();
    app.get('/reports/:id', expressGate.gate<express.Request>(client, options), (request, response) => {
      response.json(said(expressGate.admissionOf(request)));
    });
    const server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    stops.push(() => new Promise((resolve) => server.close(resolve)));
    // Declared boundary: it listens on a port.
    const { port } = server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  },
  Fastify: async (client, options) => {
    const app = Fastify();
    app.addHook('onRequest', fastifyGate.gate<FastifyRequest>(client, options));
    app.get('/reports/:id', (request) => said(fastifyGate.admissionOf(request)));
    stops.push(() => app.close());
    return app.listen({ port: 0, host: '127.0.0.1' });
  },
  'Fastify, of one route,': async (client, options) => {
    const app = Fastify();
    app.get('/reports/:id', { onRequest: fastifyGate.gate(client, options) }, (request) =>
      said(fastifyGate.admissionOf(request)),
    );
    stops.push(() => app.close());
    return app.listen({ port: 0, host: '127.0.0.1' });
  },
  Nest: async (client, options) => {
    @Controller('reports')
    class ReportsController {
      @Get(':id')
      get(@Req() request: FastifyRequest) {
        return said(nestGate.admissionOf(request));
      }
    }
    @Module({ controllers: [ReportsController] })
    class AppModule {
      configure(consumer: MiddlewareConsumer): void {
        consumer.apply(nestGate.gate<IncomingMessage>(client, options)).forRoutes(ReportsController);
      }
    }
    const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    stops.push(() => app.close());
    return app.getUrl();
  },
  Next: async (client, options) => {
    const handler = nextGate.gate<Request, []>(client, options, (request) =>
      Response.json(said(nextGate.admissionOf(request))),
    );
    const app = Fastify();
    // As Next calls a route handler: with a Request, for a Response.
    app.get('/reports/:id', async (request, reply) => {
      const headers = new Headers(
        Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]),
      );
      const response = await handler(new Request(`http://localhost${request.url}`, { headers }));
      return reply
        .code(response.status)
        .headers(Object.fromEntries(response.headers))
        .send(await response.text());
    });
    stops.push(() => app.close());
    return app.listen({ port: 0, host: '127.0.0.1' });
  },
};

let customers = 0;

/** A customer with a key, who may use so many calls. */
async function customerWithKey(
  limit: number | undefined,
): Promise<{ customer: string; key: string; id: string }> {
  const customer = `gated-${++customers}`;
  await tenant.asServer('POST', 'customers', { external_id: customer });
  if (limit !== undefined) {
    await grant(api, tenant, { customer, feature: 'api_calls', limit });
  }
  const { body } = await tenant.asServer('POST', 'keys', { customer, name: 'Production', scopes: ['read'] });
  return { customer, key: body['secret'], id: body['id'] };
}

const usedBy = async (customer: string): Promise<unknown> =>
  (await tenant.asServer('GET', `entitlements/check?customer=${customer}&feature=api_calls`)).body['used'];
const callsOf = async (customer: string) =>
  (await tenant.asServer('GET', `requests?customer=${customer}`)).body['data'];

async function codeOf(response: Response): Promise<unknown> {
  const body: unknown = await response.json();
  return typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined;
}

describe.each(Object.entries(servers))('a gate of %s', (_, serve) => {
  it('lets through a key with something left, and logs and meters the request', async () => {
    const { customer, key, id } = await customerWithKey(10);
    const url = await serve(billing, { feature: 'api_calls' });

    const response = await fetch(`${url}/reports/7?secret=1`, {
      headers: { authorization: `Bearer ${key}` },
    });

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ customer, degraded: false });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-ratelimit-limit': '10',
      'x-ratelimit-used': '0',
      'x-ratelimit-remaining': '10',
      'x-ratelimit-reset': expect.stringMatching(/^\d{10}$/),
    });
    await billing.flush();
    expect(await usedBy(customer)).toBe(1);
    expect(await callsOf(customer)).toMatchObject([
      { method: 'GET', endpoint: '/reports/:id', status_code: 200, customer: expect.any(String), key: id },
    ]);
  });

  it('answers 401, 403 and 429 with what to do', async () => {
    const spent = await customerWithKey(0);
    const without = await customerWithKey(undefined);
    const url = await serve(billing, { feature: 'api_calls' });
    const get = (headers: Record<string, string>) => fetch(`${url}/reports/7`, { headers });

    const none = await get({});
    expect(none.status).toBe(401);
    expect(none.headers.get('content-type')).toContain('application/problem+json');
    expect(await none.json()).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: 'This request has no API key. Send yours as "Authorization: Bearer …" or "X-API-Key: …".',
      code: 'key_missing',
    });

    const wrong = await get({ 'x-api-key': `${spent.key.slice(0, -6)}aaaaaa` });
    expect([wrong.status, await codeOf(wrong)]).toEqual([401, 'not_found']);

    const notBought = await get({ 'x-api-key': without.key });
    expect([notBought.status, await codeOf(notBought)]).toEqual([403, 'not_entitled']);

    const over = await get({ 'x-api-key': spent.key });
    expect(over.status).toBe(429);
    expect(Number(over.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(over.headers.get('x-ratelimit-remaining')).toBe('0');
    expect(await over.json()).toMatchObject({ code: 'quota_exceeded', title: 'Too Many Requests' });
    await billing.flush();
    expect(await usedBy(spent.customer)).toBe(0);
    expect(await callsOf(spent.customer)).toMatchObject([{ status_code: 429, key: spent.id }]);
  });

  it('takes a customer from the request, and gives no more than there is where it consumes', async () => {
    const { customer } = await customerWithKey(3);
    const url = await serve(billing, { customer: () => customer, feature: 'api_calls', consume: true });

    const answers = await Promise.all(Array.from({ length: 8 }, () => fetch(`${url}/reports/7`)));

    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 429, 429, 429, 429, 429]);
    await billing.flush();
    expect(await usedBy(customer)).toBe(3);
    expect(await callsOf(customer)).toHaveLength(8);
  });

  it('takes the cost of a request once, though the answer to it got lost', async () => {
    const { customer, key } = await customerWithKey(10);
    const client = newClient({ onLogError: () => undefined });
    const url = await serve(client, { feature: 'api_calls', consume: true, cost: 2 });
    const get = () =>
      fetch(`${url}/reports/7`, { headers: { 'x-api-key': key, 'idempotency-key': 'theirs' } });

    const lost = proxy.loseAnswers('/keys/verify', 'HTTP/1.1 200');
    let first: Response;
    try {
      const underWay = get();
      await vi.waitFor(() => expect(lost()).toBe(1));
      proxy.restore();
      first = await underWay;
    } finally {
      proxy.restore();
    }
    // Another request of the same caller is another one, whatever key of its own it brings.
    const second = await get();
    await client.close();

    expect([first.status, second.status]).toEqual([200, 200]);
    expect(first.headers.get('x-ratelimit-remaining')).toBe('8');
    expect(second.headers.get('x-ratelimit-remaining')).toBe('6');
    expect(await usedBy(customer)).toBe(4);
  });

  it('while BillingOS is away answers 503, or lets through where told so', async () => {
    const { key } = await customerWithKey(10);
    const client = newClient({ onUsageError: () => undefined, onLogError: () => undefined });
    const [denying, allowing] = [
      await serve(client, { feature: 'api_calls' }),
      await serve(client, { feature: 'api_calls', away: 'allow' }),
    ];
    proxy.cut();
    try {
      const denied = await fetch(`${denying}/reports/7`, { headers: { 'x-api-key': key } });
      expect([denied.status, await codeOf(denied)]).toEqual([503, 'access_unknown']);
      const allowed = await fetch(`${allowing}/reports/7`, { headers: { 'x-api-key': key } });
      expect([allowed.status, await allowed.json()]).toEqual([200, { customer: null, degraded: true }]);
    } finally {
      proxy.restore();
      await client.close({ timeoutMs: 0 });
    }
  });
});

it('a verification that the client repeats takes its cost once, and one that you repeat with the same key', async () => {
  const { customer, key } = await customerWithKey(10);
  const verify = (idempotencyKey?: string) =>
    billing.keys.verify({ key, feature: 'api_calls', cost: 2, consume: true }, { idempotencyKey });

  const lost = proxy.loseAnswers('/keys/verify', 'HTTP/1.1 200');
  const underWay = verify();
  try {
    await vi.waitFor(() => expect(lost()).toBe(1));
  } finally {
    proxy.restore();
  }

  expect(await underWay).toMatchObject({ valid: true, remaining: 8 });
  expect((await verify('job-1')).remaining).toBe(6);
  expect((await verify('job-1')).remaining).toBe(6);
  expect(await usedBy(customer)).toBe(4);
});

describe('while BillingOS can look nothing up', () => {
  let postgres: Proxy;
  let redis: Proxy;
  let instance: TestApi;
  let client: BillingOS;
  beforeAll(async () => {
    await tenant.asServer('POST', 'features', {
      key: 'reports',
      name: 'Reports',
      type: 'boolean',
      on_outage: 'allow',
    });
    postgres = await startProxy(api.database.apiUrl);
    redis = await startProxy(process.env['REDIS_URL'] ?? '');
    instance = await api.another({ DATABASE_URL: postgres.url, REDIS_URL: redis.url });
    await instance.app.listen(0, '127.0.0.1');
    client = newClient({ baseUrl: await instance.app.getUrl(), onLogError: () => undefined });
    await client.check('stranger', 'reports');
    await vi.waitFor(() => {
      if (instance.app.get(FeaturePolicies).find(tenant.environment_id, 'reports') === undefined) {
        throw new Error('The policies are not known yet.');
      }
    }, 10_000);
    postgres.cut();
    redis.cut();
  }, 60_000);
  afterAll(async () => {
    postgres.restore();
    redis.restore();
    await client.close({ timeoutMs: 0 });
    instance.app.getHttpServer().closeAllConnections();
    await instance.close();
    await postgres.close();
    await redis.close();
  });

  it.each(Object.entries(servers))(
    'a gate of %s lets through by the feature’s policy, marked, and answers 503 to whom it denies',
    async (_, serve) => {
      const customer = () => 'stranger';
      const allowing = await serve(client, { customer, feature: 'reports' });
      const denying = await serve(client, { customer, feature: 'exports' });

      const allowed = await fetch(`${allowing}/reports/7`);
      expect([allowed.status, await allowed.json()]).toEqual([200, { customer: 'stranger', degraded: true }]);
      const denied = await fetch(`${denying}/reports/7`);
      expect([denied.status, await codeOf(denied)]).toEqual([503, 'access_unknown']);
    },
  );
});

describe('the options of a gate', () => {
  const serve = servers['Fastify'] ?? (() => Promise.reject(new Error('There is no such server.')));

  it('say what a request costs, where it is counted, and that it is not logged', async () => {
    const { customer } = await customerWithKey(10);
    const url = await serve(billing, {
      customer: () => customer,
      feature: () => 'api_calls',
      cost: () => 4,
      log: false,
    });

    const statuses = [];
    for (let i = 0; i < 3; i++) {
      statuses.push((await fetch(`${url}/reports/7`)).status);
      await billing.flush();
    }

    expect(statuses).toEqual([200, 200, 429]);
    expect(await usedBy(customer)).toBe(8);
    expect(await callsOf(customer)).toEqual([]);
  });

  it('say which answers count', async () => {
    const { customer } = await customerWithKey(10);
    const url = await serve(billing, {
      customer: () => customer,
      feature: 'api_calls',
      counts: (status) => status < 400,
    });

    expect((await fetch(`${url}/nothing-here`)).status).toBe(404);
    expect((await fetch(`${url}/reports/7`)).status).toBe(200);

    await billing.flush();
    expect(await usedBy(customer)).toBe(1);
  });

  it('answer from memory where the client keeps it, and never take a typo for a no', async () => {
    const { customer } = await customerWithKey(10);
    const client = newClient({ snapshot: true });
    stops.push(() => client.close());
    await client.ready();
    const url = await serve(client, { customer: () => customer, feature: 'api_calls' });
    const mistaken = await serve(client, { customer: () => customer, feature: 'api_cals' });

    const answers = await Promise.all([1, 2, 3].map(() => fetch(`${url}/reports/7`)));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await fetch(`${url}/reports/7`)).headers.get('x-ratelimit-limit')).toBe('10');
    const mistake = await fetch(`${mistaken}/reports/7`);
    expect(mistake.status).toBe(500);
    expect(await mistake.text()).not.toContain('api_cals');
  });
});
