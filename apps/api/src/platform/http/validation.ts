import { StandardSchemaValidationPipe } from '@nestjs/common';
import { z } from 'zod';
import { InvalidRequest } from '../errors.ts';
import { wordsOf } from './issue-words.ts';

interface Issue {
  code?: string;
  message: string;
  path?: readonly (PropertyKey | { key: PropertyKey })[] | undefined;
  /** Of an object: its keys that the schema does not know. */
  keys?: readonly string[];
  /** Of a union: what is wrong for each of its shapes. */
  errors?: readonly (readonly Issue[])[];
}

z.config({ customError: wordsOf });

/** Turns what a schema found wrong into one refusal: the first problem is the `param`, all are in the message. */
export function invalidRequest(issues: readonly Issue[]): InvalidRequest {
  const described = issues
    .flatMap(likeliest)
    .flatMap(eachKey)
    .slice(0, 10)
    .map((issue) => {
      const path = pathOf(issue);
      return { path, text: path === '' ? issue.message : `${path}: ${issue.message}` };
    });
  return new InvalidRequest(described.map(({ text }) => text).join('; '), described[0]?.path || undefined);
}

/**
 * Of what may have one of several shapes, what is wrong with the shape that was meant: one of its kind, and of these the one
 * that knows most of its fields; of several the first.
 */
function likeliest(issue: Issue): readonly Issue[] {
  const [meant] = (issue.errors ?? [])
    .filter((shape) => !isAnotherKind(shape))
    .toSorted((a, b) => unknownKeys(a) - unknownKeys(b));
  if (meant === undefined) {
    return [issue];
  }
  return meant
    .flatMap(likeliest)
    .map((inner) => ({ ...inner, path: [...(issue.path ?? []), ...(inner.path ?? [])] }));
}

function unknownKeys(issues: readonly Issue[]): number {
  return issues.reduce((sum, { keys }) => sum + (keys?.length ?? 0), 0);
}

/** It is no such thing at all. When it is none of them, the words of the union say what it may be. */
function isAnotherKind(issues: readonly Issue[]): boolean {
  return issues.some(
    ({ code, path }) => (path ?? []).length === 0 && (code === 'invalid_type' || code === 'invalid_value'),
  );
}

/** A field that does not exist is what is at fault, not the object it stands in; and each is. */
function eachKey(issue: Issue): readonly Issue[] {
  return issue.keys?.map((key) => ({ ...issue, path: [...(issue.path ?? []), key] })) ?? [issue];
}

function pathOf({ path = [] }: Issue): string {
  return path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
}

/** Validates and coerces every body, query and path parameter by the schema its decorator names. */
export const validationPipe = new StandardSchemaValidationPipe({ exceptionFactory: invalidRequest });
