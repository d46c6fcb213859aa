import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Env } from '../../env.ts';
import { newId } from '../ids.ts';
import { Log } from '../log.ts';
import { Metrics } from '../metrics.ts';
import { requestContext } from '../request-context.ts';
import { limitBodies } from './body-limit.ts';
import { ErrorFilter } from './error-filter.ts';
import { serveFastRoutes } from './fast-route.ts';
import { openApiDocument } from './openapi.ts';
import { jsonReader } from './read-json.ts';
import { hangUp } from './unrouted.ts';
import { validationPipe } from './validation.ts';

/** An own id of 255 characters, as an address writes it. */
const pathParameterMax = 3_000;
const requestTimeoutMs = 30_000;
/** How often it is looked who takes longer. Node's own half a minute would double the time above. */
const lookForSlowMs = 2_000;

const apiPrefix = 'api/v1';

/** Builds the HTTP application. It does not listen yet: tests talk to it with `inject`. */
export async function createServer(module: Type): Promise<NestFastifyApplication> {
  const proxies = Env.read(process.env).get('TRUSTED_PROXIES');
  const securityHeaders = await helmetHeaders(Env.read(process.env).isProduction);
  const app: NestFastifyApplication = await NestFactory.create<NestFastifyApplication>(
    module,
    new FastifyAdapter({
      requestTimeout: requestTimeoutMs,
      http: { headersTimeout: requestTimeoutMs, connectionsCheckingInterval: lookForSlowMs },
      // Our own ids only: what a client sends could not be trusted to be unique.
      genReqId: () => newId('request'),
      forceCloseConnections: 'idle',
      routerOptions: { maxParamLength: pathParameterMax },
      // Addresses that cannot be read come to no hook, and what is no HTTP to no request.
      frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
        begin(request, reply, () => void app.get(ErrorFilter).answerTo(reply, error));
      },
      clientErrorHandler: (error: Error, socket: Socket) =>
        hangUp(app.get(ErrorFilter), securityHeaders, error, socket),
      // Whom a stranger says it forwards for is not believed.
      trustProxy: proxies.length === 0 ? false : proxies,
    }),
    { rawBody: true, bodyParser: false, logger: ['error', 'fatal'], abortOnError: false },
  );
  const fastify = app.getHttpAdapter().getInstance();
  // JSON and nothing else: forms and plain text could be sent by any web page.
  app.useBodyParser('application/json', {}, jsonReader(fastify));
  limitBodies(fastify);
  fastify.removeContentTypeParser('text/plain');
  const env = app.get(Env);
  app.setGlobalPrefix(apiPrefix, { exclude: ['health', 'health/live', 'health/ready', 'metrics'] });
  app.useGlobalPipes(validationPipe);
  app.enableShutdownHooks();

  fastify.addHook('onRequest', begin);
  await app.register(cors, {
    // The dashboard talks through its own server; no web page needs credentials here. Publishable keys may come from
    // anywhere: what they open is public.
    origin: true,
    credentials: false,
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key'],
    exposedHeaders: ['RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id'],
    // Who asks what a route takes, and is no browser, is told as well.
    strictPreflight: false,
    maxAge: 3_600,
  });
  closeUnusedConnections(fastify);
  observeRequests(app);
  serveFastRoutes(app, apiPrefix);
  SwaggerModule.setup('api-docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'api-docs-json',
    raw: ['json'],
    // What the API is, is no secret, and the page of errors reads it; a page to try it from is for development.
    ui: !env.isProduction,
  });
  return app;

  /** Gives a request its context and id, and its answer the headers that all have. */
  function begin(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    reply.headers(securityHeaders);
    reply.header('X-Request-Id', request.id);
    reply.header('Cache-Control', 'no-store');
    requestContext.run(
      {
        request_id: request.id,
        ip: request.ip,
        actor: { type: 'system', id: 'anonymous', label: 'anonymous' },
      },
      done,
    );
  }
}

/** The API answers JSON; only the Swagger page, which carries its styles inline, is a document. */
const contentSecurityPolicy = {
  directives: {
    defaultSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    scriptSrc: ["'self'"],
    frameAncestors: ["'none'"],
  },
};

/** For documents that link elsewhere, and for programs that nobody runs any more (Flash, Internet Explorer 8). */
const withoutMeaningHere = {
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
};

/** What helmet sets, worked out once: on each request it would be worked out anew, always the same. */
async function helmetHeaders(hsts: boolean): Promise<Record<string, string>> {
  const probe = Fastify();
  await probe.register(helmet, { contentSecurityPolicy, hsts, ...withoutMeaningHere });
  probe.get('/', () => '');
  const plain = ['content-length', 'content-type', 'date', 'connection'];
  const { headers } = await probe.inject('/');
  await probe.close();
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      plain.includes(name) ? [] : [[name, String(value)] as const],
    ),
  );
}

/**
 * At the end, those who connected and never asked for anything are let go: Node takes them for busy, and would wait for
 * them for a minute.
 */
function closeUnusedConnections(fastify: FastifyInstance): void {
  const unused = new Set<Socket>();
  fastify.server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  fastify.server.on('request', ({ socket }: IncomingMessage) => unused.delete(socket));
  fastify.addHook('preClose', (done) => {
    unused.forEach((socket) => socket.destroy());
    done();
  });
}

/** Writes one log line and one measurement for each request that was answered. */
function observeRequests(app: NestFastifyApplication): void {
  const log = app.get(Log);
  const metrics = app.get(Metrics);
  const fastify = app.getHttpAdapter().getInstance();

  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    const seconds = reply.elapsedTime / 1_000;
    metrics.requestSeconds.observe({ method: request.method, route, status: reply.statusCode }, seconds);
    // The route, not the address: ids and search words of customers stay out of the log.
    log.info('request.answered', {
      method: request.method,
      route,
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 10) / 10,
    });
    done();
  });
}
