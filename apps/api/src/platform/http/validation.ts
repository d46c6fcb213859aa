import { StandardSchemaValidationPipe } from '@nestjs/common';
import { InvalidRequest } from '../errors.ts';

interface Issue {
  message: string;
  path?: readonly (PropertyKey | { key: PropertyKey })[] | undefined;
  /** Of an object: its keys that the schema does not know. */
  keys?: readonly string[];
  /** Of a union: what is wrong for each of its shapes. */
  errors?: readonly (readonly Issue[])[];
}

/** Turns what a schema found wrong into one refusal: the first problem is the `param`, all are in the message. */
export function invalidRequest(issues: readonly Issue[]): InvalidRequest {
  const described = issues
    .flatMap(likeliest)
    .slice(0, 10)
    .map((issue) => {
      const path = pathOf(issue);
      return { path, text: path === '' ? issue.message : `${path}: ${issue.message}` };
    });
  return new InvalidRequest(described.map(({ text }) => text).join('; '), described[0]?.path || undefined);
}

/** Of a body that may have one of several shapes, what is wrong with the shape it is closest to. */
function likeliest(issue: Issue): readonly Issue[] {
  const [closest] = [...(issue.errors ?? [])].sort((a, b) => a.length - b.length);
  return closest ?? [issue];
}

function pathOf(issue: Issue): string {
  // A field that does not exist is what is at fault, not the object it stands in.
  const [unknown] = issue.keys ?? [];
  return [...(issue.path ?? []), ...(unknown === undefined ? [] : [unknown])]
    .map((part) => String(typeof part === 'object' ? part.key : part))
    .join('.');
}

/** Validates and coerces every body, query and path parameter by the schema its decorator names. */
export const validationPipe = new StandardSchemaValidationPipe({ exceptionFactory: invalidRequest });
