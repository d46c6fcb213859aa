import type { ErrorKind } from '../errors.ts';

const statuses: Record<ErrorKind, number> = {
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  rate_limited: 429,
  unavailable: 503,
};

/** The HTTP status of a kind of refusal. */
export function statusOf(kind: ErrorKind): number {
  return statuses[kind];
}
