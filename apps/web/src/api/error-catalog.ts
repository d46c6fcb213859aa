import { env } from '../env.ts';

export type DocumentedError = { code: string; kind: string; status: number; explanation: string };

const timeout_ms = 8_000;

/** Every error code of the API, from the `x-errors` of the OpenAPI document that it serves. */
export async function errorCatalog(): Promise<DocumentedError[]> {
  const answer = await fetch(`${env().api_internal_url}/api-docs-json`, {
    signal: AbortSignal.timeout(timeout_ms),
    next: { revalidate: 300 },
  });
  if (!answer.ok) throw new Error(`The OpenAPI document answered with status ${answer.status}`);
  const document: unknown = await answer.json();
  const errors: unknown =
    typeof document === 'object' && document !== null ? Reflect.get(document, 'x-errors') : [];
  return Array.isArray(errors) ? errors.filter(isDocumentedError) : [];
}

function isDocumentedError(value: unknown): value is DocumentedError {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'code') === 'string' &&
    typeof Reflect.get(value, 'kind') === 'string' &&
    typeof Reflect.get(value, 'status') === 'number' &&
    typeof Reflect.get(value, 'explanation') === 'string'
  );
}
