import { applyDecorators, HttpCode, SerializeOptions, SetMetadata } from '@nestjs/common';
import { ApiExtension, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import type { AppErrorClass } from '../errors.ts';
import { statusOf } from './status.ts';

export const answerSchemaKey = 'billingos:answer-schema';

type Answers<S extends z.ZodType> = (
  target: object,
  key: string | symbol,
  // Only what is read of it: a whole PropertyDescriptor could also be set, which would forbid returning more fields.
  descriptor: { value?: (...args: never[]) => Promise<z.input<S>> | z.input<S> },
) => void;

/**
 * Declares what a route answers. One schema does three things: it is checked against the handler's return type when
 * the code is compiled, it serializes the answer (fields it does not name never leave), and it documents it.
 */
export function Returns<S extends z.ZodType>(status: number, schema: S): Answers<S> {
  return (target, key, descriptor) => {
    applyDecorators(
      HttpCode(status),
      SerializeOptions({ schema }),
      SetMetadata(answerSchemaKey, schema),
      ApiResponse({ status, standardSchema: schema, description: 'The request was done.' }),
    )(target, key, descriptor);
  };
}

export const refusalsKey = 'billingos:refusals';

/** Declares which refusals a route may answer with, beyond those that every route has. */
export function Refuses(...refusals: AppErrorClass[]): MethodDecorator {
  const statuses = new Map<number, AppErrorClass[]>();
  for (const refusal of refusals) {
    const status = statusOf(refusal.facts.kind);
    statuses.set(status, [...(statuses.get(status) ?? []), refusal]);
  }
  return applyDecorators(
    SetMetadata(refusalsKey, refusals),
    ApiExtension(
      'x-refusals',
      refusals.map((refusal) => refusal.facts.code),
    ),
    ...[...statuses].map(([status, classes]) =>
      ApiResponse({
        status,
        description: classes.map(({ facts }) => `\`${facts.code}\`: ${facts.explanation}`).join('\n\n'),
        schema: { $ref: '#/components/schemas/Error' },
      }),
    ),
  );
}
