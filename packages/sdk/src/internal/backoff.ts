import {
  APIError,
  ConflictError,
  ConnectionError,
  RateLimitError,
  ServiceUnavailableError,
} from '../core/errors.ts';

const firstDelayMs = 250;

/** Whether the same request, sent again with the same idempotency key, may succeed. */
export function isTemporary(error: unknown): boolean {
  return isUnreachable(error) || (error instanceof ConflictError && error.code === 'idempotency_in_progress');
}

/** Whether BillingOS gave no answer to the question: it is away, overloaded, or the network is. */
export function isUnreachable(error: unknown): boolean {
  return (
    error instanceof ConnectionError ||
    error instanceof RateLimitError ||
    error instanceof ServiceUnavailableError
  );
}

/**
 * How long to wait before try number `tries + 1`: 250 ms doubled with each try, at most `delayMaxMs`, a random part of
 * up to half of it left out so that clients that failed together do not return together. What BillingOS asked for with
 * Retry-After comes first, however long it is.
 */
export function retryDelayMs(
  error: unknown,
  { tries, delayMaxMs }: { tries: number; delayMaxMs: number },
): number {
  const backoffMs = Math.min(delayMaxMs, firstDelayMs * 2 ** (tries - 1)) * (1 - Math.random() / 2);
  return error instanceof APIError && error.retryAfterMs !== undefined
    ? Math.max(error.retryAfterMs, backoffMs)
    : backoffMs;
}

const patientBackoffMaxMs = 30_000;
/** Whoever asks for longer is not believed: it may be a proxy that knows no better. */
const patientDelayMaxMs = 5 * 60_000;

/** The same for what nobody waits for and what is tried without an end. */
export function patientDelayMs(error: unknown, tries: number): number {
  return Math.min(retryDelayMs(error, { tries, delayMaxMs: patientBackoffMaxMs }), patientDelayMaxMs);
}

/** Reads `Retry-After`, which is seconds (`2`) or a date. `now` is the server's, where it says it: clocks differ. */
export function readRetryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) {
    return undefined;
  }
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) && header.trim() !== '' ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
