import { SetMetadata } from '@nestjs/common';
import {
  HTTP_CODE_METADATA,
  METHOD_METADATA,
  PATH_METADATA,
  ROUTE_ARGS_METADATA,
} from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { AuthenticateGuard } from '../auth/authenticate.guard.ts';
import { type Requirement, requirementKey } from '../auth/requires.ts';
import { AppError } from '../errors.ts';
import { answeredBy } from '../outage.ts';
import { ErrorFilter } from './error-filter.ts';
import { type OwnKeys, ownKeysKey } from './idempotency.interceptor.ts';
import { answerSchemaKey } from './returns.ts';
import { invalidRequest } from './validation.ts';

const fastKey = 'billingos:fast';

/**
 * Serves a route by a plain handler instead of Nest's pipeline, which costs several times what a check does. The method
 * is the same, and so is all it declares: credential and scope, schema, answer, refusals, documentation. Its parameters
 * are `@EnvironmentId()` and then one `@Query` or `@Body` with a schema; what it returns may be a promise, or the answer
 * itself. Interceptors do not run, so a POST must have idempotency keys of its own.
 */
export const Fast = <Controller extends object>(options: FastOptions<Controller> = {}): MethodDecorator =>
  SetMetadata(fastKey, options);

export interface FastOptions<Controller extends object> {
  /** When it answers 503 at the latest, counted from when the request came, whatever is silent behind us. */
  answer_ms?: number;
  /** Told of what was refused before the method saw it, whatever was sent: a wrong body, or one request too many. */
  refused?(controller: Controller, environmentId: string, input: unknown, refusal: AppError): void;
}

type Options = FastOptions<Record<string, Method>>;

type Method = (environmentId: string, input: unknown) => unknown;

interface FastRoute {
  /** `GET /api/v1/entitlements/check` */
  address: string;
  requirement: Extract<Requirement, { credential: 'environment' }>;
  input: z.ZodType;
  source: 'query' | 'body';
  takesKeyHeader: boolean;
  status: number;
  answer: z.ZodType;
  method: Method;
  answer_ms: number | undefined;
  refused(environmentId: string, input: unknown, refusal: AppError): void;
}

/** Nest's numbers for the kinds of a parameter and of a request. */
const sources: Record<string, FastRoute['source'] | undefined> = { '3': 'body', '4': 'query' };
const methods = ['GET', 'POST'];

/** Makes Fastify answer the routes marked with `Fast` directly. Call it before the application registers its routes. */
export function serveFastRoutes(app: NestFastifyApplication, prefix: string): void {
  const guard = app.get(AuthenticateGuard);
  const errors = app.get(ErrorFilter);
  const routes = new Map(declaredFast(app, prefix).map((route) => [route.address, handler(route)]));

  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRoute', (options) => {
      const fast = routes.get(`${String(options.method)} ${options.url}`);
      if (fast !== undefined) {
        options.handler = fast;
      }
    });

  function handler({
    requirement,
    input,
    source,
    takesKeyHeader,
    status,
    answer,
    method,
    answer_ms: answerMs,
    refused,
  }: FastRoute) {
    return (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> | undefined => {
      let isAdmitted = false;
      try {
        const caller = guard.admitKnown(request, requirement);
        if (caller === undefined) {
          return afterAdmission(request, reply);
        }
        const wish = read(request);
        isAdmitted = true;
        const result = method(caller.environment_id, wish);
        if (result instanceof Promise) {
          return answerLater(reply, answeredBy(latest(), result));
        }
        // What is known at once is answered at once: no promise, and no timer.
        send(reply, result);
      } catch (error) {
        refuse(request, reply, error, isAdmitted);
      }
      return undefined;
    };

    async function afterAdmission(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
      const until = latest();
      let isAdmitted = false;
      try {
        const caller = await answeredBy(until, guard.admit(request, requirement));
        const wish = read(request);
        isAdmitted = true;
        return send(reply, await answeredBy(until, Promise.resolve(method(caller.environment_id, wish))));
      } catch (error) {
        return refuse(request, reply, error, isAdmitted);
      }
    }

    async function answerLater(reply: FastifyReply, result: Promise<unknown>): Promise<FastifyReply> {
      try {
        return send(reply, await result);
      } catch (error) {
        return errors.answerTo(reply, error);
      }
    }

    function latest(): number | undefined {
      return answerMs === undefined ? undefined : performance.now() + answerMs;
    }

    function read(request: FastifyRequest): unknown {
      const parsed = input.safeParse(takesKeyHeader ? withKeyOfHeader(request) : request[source]);
      if (!parsed.success) {
        throw invalidRequest(parsed.error.issues);
      }
      return parsed.data;
    }

    function send(reply: FastifyReply, result: unknown): FastifyReply {
      const text = JSON.stringify(answer.parse(result));
      return reply.code(status).header('content-type', 'application/json; charset=utf-8').send(text);
    }

    function refuse(
      request: FastifyRequest,
      reply: FastifyReply,
      error: unknown,
      isAdmitted: boolean,
    ): FastifyReply {
      const { caller } = request;
      if (!isAdmitted && error instanceof AppError && caller !== undefined && caller.kind !== 'user') {
        refused(caller.environment_id, request[source], error);
      }
      return errors.answerTo(reply, error);
    }
  }
}

/** What the body says stands: clients send the header with everything, and think of the body when they write one. */
function withKeyOfHeader({ body, headers }: FastifyRequest): unknown {
  const key = headers['idempotency-key'];
  return key === undefined || typeof body !== 'object' || body === null || 'idempotency_key' in body
    ? body
    : { ...body, idempotency_key: key };
}

function declaredFast(app: NestFastifyApplication, prefix: string): FastRoute[] {
  const reflector = app.get(Reflector);
  const scanner = app.get(MetadataScanner);
  return app
    .get(DiscoveryService)
    .getControllers()
    .flatMap(({ instance, metatype }) =>
      scanner
        .getAllMethodNames(Object.getPrototypeOf(instance))
        .filter((name) => reflector.get<Options | undefined>(fastKey, instance[name]) !== undefined)
        .map((name) => describe(instance, name, metatype ?? Object)),
    );

  function describe(instance: Record<string, Method>, name: string, controller: object): FastRoute {
    const method = instance[name];
    const options = method && reflector.get<Options | undefined>(fastKey, method);
    const requirement = method && reflector.get<Requirement | undefined>(requirementKey, method);
    const declared: Record<string, { index: number; schema?: z.ZodType }> =
      Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {};
    const [id, input] = Object.entries(declared).find(([, { index }]) => index === 1) ?? [];
    const source = sources[id?.split(':')[0] ?? ''];
    if (
      method === undefined ||
      requirement?.credential !== 'environment' ||
      source === undefined ||
      input?.schema === undefined ||
      Object.keys(declared).length !== 2
    ) {
      throw new Error(
        `${name} cannot be Fast: its parameters must be @EnvironmentId() and one with a schema.`,
      );
    }
    const path = [
      prefix,
      Reflect.getMetadata(PATH_METADATA, controller),
      Reflect.getMetadata(PATH_METADATA, method),
    ];
    return {
      address: `${methods[Reflect.getMetadata(METHOD_METADATA, method)]} /${path.filter((part) => part !== '/').join('/')}`,
      requirement,
      input: input.schema,
      source,
      takesKeyHeader: reflector.get<OwnKeys | undefined>(ownKeysKey, method) === 'body_or_header',
      status: Reflect.getMetadata(HTTP_CODE_METADATA, method),
      answer: Reflect.getMetadata(answerSchemaKey, method),
      method: method.bind(instance),
      answer_ms: options?.answer_ms,
      refused: (...told) => options?.refused?.(instance, ...told),
    };
  }
}
