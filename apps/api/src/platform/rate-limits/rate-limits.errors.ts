import { AppError, type ErrorFacts } from '../errors.ts';

export interface Exceeded {
  /** Whose limit: key, user, environment, address or wrong_credentials. */
  zone: string;
  limit: number;
  window_seconds: number;
  retry_after_seconds: number;
}

export class TooManyRequests extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'too_many_requests',
    kind: 'rate_limited',
    explanation:
      'The key, member, environment or address made too many requests in a minute. Wait as long as Retry-After says.',
  };
  constructor(readonly exceeded: Exceeded) {
    super(
      TooManyRequests.facts,
      `Too many requests (${exceeded.zone}: ${exceeded.limit} in ${exceeded.window_seconds} s). Try again in ${exceeded.retry_after_seconds} s.`,
    );
  }

  /** `RateLimit-Policy` and `RateLimit` as the IETF draft has them, and `Retry-After`. */
  override get headers(): Record<string, string> {
    const { zone, limit, window_seconds: window, retry_after_seconds: wait } = this.exceeded;
    return {
      'RateLimit-Policy': `"${zone}";q=${limit};w=${window}`,
      RateLimit: `"${zone}";r=0;t=${wait}`,
      'Retry-After': String(wait),
    };
  }
}
