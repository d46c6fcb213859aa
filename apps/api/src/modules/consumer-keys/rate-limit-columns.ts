import type { RateLimit } from './consumer-keys.schemas.ts';

/** A limit as its two columns have it; both null when there is none. */
export function columnsOf(limit: RateLimit | null) {
  return { rate_limit: limit?.limit ?? null, rate_window_seconds: limit?.window_seconds ?? null };
}

export function rateLimitOf(limit: number | null, seconds: number | null): RateLimit | null {
  return limit === null || seconds === null ? null : { limit, window_seconds: seconds };
}
