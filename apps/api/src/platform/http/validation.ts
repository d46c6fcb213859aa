import { StandardSchemaValidationPipe } from '@nestjs/common';
import { InvalidRequest } from '../errors.ts';

interface Issue {
  message: string;
  path?: readonly (PropertyKey | { key: PropertyKey })[] | undefined;
}

/** Turns what a schema found wrong into one refusal: the first problem is the `param`, all are in the message. */
export function invalidRequest(issues: readonly Issue[]): InvalidRequest {
  const described = issues.slice(0, 10).map((issue) => {
    const path = pathOf(issue);
    return { path, text: path === '' ? issue.message : `${path}: ${issue.message}` };
  });
  return new InvalidRequest(described.map(({ text }) => text).join('; '), described[0]?.path || undefined);
}

function pathOf(issue: Issue): string {
  return (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
}

/** Validates and coerces every body, query and path parameter by the schema its decorator names. */
export const validationPipe = new StandardSchemaValidationPipe({ exceptionFactory: invalidRequest });
