import { readFileSync } from 'node:fs';
import type { Operation } from './matrix.ts';

export interface Parameter {
  in: string;
  name: string;
  schema?: { type?: string; enum?: string[] };
}

interface Described {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: unknown;
}

const document: { paths: Record<string, Record<string, Described>> } = JSON.parse(
  readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'),
);

/** What the OpenAPI document says of an operation. */
export function described({ path, method }: Operation): Described {
  const operation = document.paths[path]?.[method.toLowerCase()];
  if (operation === undefined) {
    throw new Error(`${method} ${path} is not in the document.`);
  }
  return operation;
}

export function parametersOf(operation: Operation, place: 'query' | 'path'): Parameter[] {
  return (described(operation).parameters ?? []).filter((parameter) => parameter.in === place);
}

/** The fields of its body, but not what is inside them. */
export function declaredFields(operation: Operation): string[] {
  const text = JSON.stringify(described(operation).requestBody);
  const names = JSON.parse(text, (key, value) => (key === 'properties' ? Object.keys(value) : value));
  const found: string[] = [];
  JSON.stringify(names, (key, value) => {
    if (key === 'properties' && found.length === 0) {
      found.push(...value);
    }
    return value;
  });
  return found;
}
