import type { INestApplication } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { credentialRefusals } from '../auth/auth.errors.ts';
import { type AppErrorClass, InvalidRequest, ServiceUnavailable } from '../errors.ts';
import { AnswerShownOnce, IdempotencyConflict, IdempotentRequestInProgress } from './idempotency.errors.ts';
import { refusalsKey } from './returns.ts';
import { errorBody } from './schemas.ts';
import { statusOf } from './status.ts';
import { transportRefusals } from './transport-refusals.ts';

/** The OpenAPI document of the application: validation, SDK types, the Swagger page and the errors page come from it. */
export function openApiDocument(app: INestApplication): OpenAPIObject & { 'x-errors': CatalogEntry[] } {
  const config = new DocumentBuilder()
    .setTitle('BillingOS')
    .setDescription(
      'Plans, subscriptions on Stripe, entitlements and usage. Every error has one shape, and a page of its own.',
    )
    .setVersion('1')
    .addBearerAuth({ type: 'http', description: 'A secret or publishable key, or a member’s access token.' })
    .addTag('public', 'What the SDK covers.')
    .addTag('dashboard', 'What the merchant dashboard uses.')
    .addTag('admin', 'For machines that have no credential of ours.')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (_, method) => method,
    autoTagControllers: false,
  });

  document.components ??= {};
  document.components.schemas = {
    ...document.components.schemas,
    Error: errorSchema,
  };
  for (const operations of Object.values(document.paths)) {
    // Only within an environment, where answers are remembered, and not where only the body has keys.
    if (
      operations.post !== undefined &&
      'x-scope' in operations.post &&
      (!('x-own-idempotency' in operations.post) || operations.post['x-own-idempotency'] !== 'body')
    ) {
      operations.post.parameters = [...(operations.post.parameters ?? []), idempotencyKeyHeader];
    }
  }
  return { ...document, 'x-errors': errorCatalog(app) };
}

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
// The two libraries type the same JSON Schema differently; what zod prints is OpenAPI 3.0 as asked.
const errorSchema: Schemas[string] = JSON.parse(
  JSON.stringify(z.toJSONSchema(errorBody, { target: 'openapi-3.0', io: 'output' })),
);

const idempotencyKeyHeader = {
  name: 'Idempotency-Key',
  in: 'header' as const,
  required: false,
  description: 'Makes it safe to repeat the request: the same key gives the first answer again.',
  schema: { type: 'string', maxLength: 255 },
};

export interface CatalogEntry {
  code: string;
  kind: string;
  status: number;
  explanation: string;
}

/** Every refusal that a route declares, and those that every route has. */
function errorCatalog(app: INestApplication): CatalogEntry[] {
  const reflector = app.get(Reflector);
  const scanner = app.get(MetadataScanner);
  const declared = app
    .get(DiscoveryService)
    .getControllers()
    .flatMap(({ instance }) =>
      scanner
        .getAllMethodNames(Object.getPrototypeOf(instance))
        .flatMap((name) => reflector.get<AppErrorClass[] | undefined>(refusalsKey, instance[name]) ?? []),
    );
  const common = [
    InvalidRequest,
    ServiceUnavailable,
    IdempotencyConflict,
    IdempotentRequestInProgress,
    AnswerShownOnce,
    ...credentialRefusals,
  ];
  const byCode = new Map([...common, ...declared].map(({ facts }) => [facts.code, facts]));
  const refused = [...byCode.values()].map(({ code, kind, explanation }) => ({
    code,
    kind,
    status: statusOf(kind),
    explanation,
  }));
  const unreached = transportRefusals().map(({ code, status, explanation }) => ({
    code,
    kind: 'transport',
    status,
    explanation,
  }));
  return [...refused, ...unreached].sort((a, b) => a.code.localeCompare(b.code));
}
