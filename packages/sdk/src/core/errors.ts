/** Everything that the SDK throws by itself. `code` is stable and machine-readable. */
export class BillingOSError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** What an answer said about its error. */
export interface ErrorFacts {
  status: number;
  code: string;
  message: string;
  param?: string | undefined;
  requestId?: string | undefined;
  docUrl?: string | undefined;
  retryAfterMs?: number | undefined;
}

/** BillingOS answered, and refused. */
export class APIError extends BillingOSError {
  /** The HTTP status. */
  readonly status: number;
  /** The parameter or field at fault. */
  readonly param: string | undefined;
  /** What to tell support: names this one request in the logs of BillingOS. */
  readonly requestId: string | undefined;
  /** A page about this `code`. */
  readonly docUrl: string | undefined;
  /** How long BillingOS asked to wait before the next try. */
  readonly retryAfterMs: number | undefined;

  constructor(facts: ErrorFacts) {
    super(facts.code, facts.message);
    this.status = facts.status;
    this.param = facts.param;
    this.requestId = facts.requestId;
    this.docUrl = facts.docUrl;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/** 401: the key is missing, malformed, unknown or revoked. */
export class AuthenticationError extends APIError {}

/** 403: the key is valid and may not do this. */
export class PermissionError extends APIError {}

/** 404: there is no such object in the key's environment. */
export class NotFoundError extends APIError {}

/** 409: the state of the object, or an idempotency key that was used for something else, forbids it. */
export class ConflictError extends APIError {}

/** 400, 413, 415, 422: a parameter or the body is wrong. Repeating it unchanged fails again. */
export class InvalidRequestError extends APIError {}

/** 429: too many requests, even after the retries. */
export class RateLimitError extends APIError {}

/** 5xx: BillingOS failed or is away, even after the retries. */
export class ServiceUnavailableError extends APIError {}

/** No answer of BillingOS arrived: the network failed, or something else answered in its place. */
export class ConnectionError extends BillingOSError {
  constructor(message: string, options?: ErrorOptions & { code?: string }) {
    super(options?.code ?? 'connection_failed', message, options);
  }
}

/** No answer arrived in time. Whether the request was done is unknown; the same idempotency key makes repeating safe. */
export class TimeoutError extends ConnectionError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'timeout' });
  }
}

/** More usage events wait to be sent than the queue may hold. This one was not taken. */
export class UsageQueueFullError extends BillingOSError {
  constructor(queuedMax: number) {
    super(
      'usage_queue_full',
      `${queuedMax} usage events wait to be sent, which is the most that are kept. BillingOS is away, or slower than you track; this event was not taken.`,
    );
  }
}

/** The error class of an HTTP status. */
export function apiError(facts: ErrorFacts): APIError {
  switch (facts.status) {
    case 401:
      return new AuthenticationError(facts);
    case 403:
      return new PermissionError(facts);
    case 404:
      return new NotFoundError(facts);
    case 409:
      return new ConflictError(facts);
    case 400:
    case 413:
    case 415:
    case 422:
      return new InvalidRequestError(facts);
    case 429:
      return new RateLimitError(facts);
    default:
      return facts.status >= 500 ? new ServiceUnavailableError(facts) : new APIError(facts);
  }
}
