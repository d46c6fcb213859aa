/** What went wrong, in kinds that every edge can translate: only `platform/http` knows status codes. */
export type ErrorKind =
  'invalid' | 'unauthenticated' | 'forbidden' | 'not_found' | 'conflict' | 'rate_limited' | 'unavailable';

/** What is the same for every occurrence of a refusal. */
export interface ErrorFacts {
  /** Stable and machine-readable: `customer_not_found`. */
  readonly code: string;
  readonly kind: ErrorKind;
  /** For the documentation: when this happens and what to do. */
  readonly explanation: string;
}

/** A class of refusals, for routes to declare which they may answer with. */
export interface AppErrorClass {
  readonly facts: ErrorFacts;
}

/**
 * A refusal that the caller can act on. Subclasses are named as facts (`PlanKeyTaken`), hold their `facts`, and say in
 * the message what to do. Anything else that is thrown is a defect: a 500 without detail and one error log.
 */
export abstract class AppError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;

  constructor(
    facts: ErrorFacts,
    message: string,
    /** The body field, query or path parameter that is at fault. */
    readonly param?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
    this.code = facts.code;
    this.kind = facts.kind;
  }

  /** What goes into the head of the answer. */
  get headers(): Record<string, string> {
    return {};
  }
}

export class InvalidRequest extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'invalid_request',
    kind: 'invalid',
    explanation:
      'A parameter or body field is missing, unknown or malformed. The message names it; nothing was written.',
  };
  constructor(message: string, param?: string) {
    super(InvalidRequest.facts, message, param);
  }
}

export class ServiceUnavailable extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'service_unavailable',
    kind: 'unavailable',
    explanation:
      'A part of BillingOS does not answer. Nothing was lost: repeat the request with the same Idempotency-Key.',
  };
  constructor(cause: unknown) {
    super(
      ServiceUnavailable.facts,
      'BillingOS cannot answer at the moment. Repeat the request shortly.',
      undefined,
      {
        cause,
      },
    );
  }
}

/** The name of the constraint that a failed statement violated, when that is why it failed. */
export function violatedConstraint(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && 'constraint' in error) {
    const classOfViolation = String(error.code).slice(0, 2);
    return classOfViolation === '23' && typeof error.constraint === 'string' ? error.constraint : undefined;
  }
  return undefined;
}

/** Not reached, or not in time: a statement or a lock that took too long, a deadlock. Repeating helps. */
const postgresIsAway = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  '57014',
  '55P03',
  '40P01',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '08006',
  '08001',
]);

/** Whether Postgres gave up a statement because it took too long. It may have waited for a lock, or had too much to read. */
export function isStatementTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '57014';
}

/** Postgres is silent, and so nothing is known in time; whether something was written is not known either. */
export class AnswerOverdue extends Error {
  constructor() {
    super('There was no answer in time.');
    this.name = new.target.name;
  }
}

/** Whether a statement failed because Postgres could not be reached or did not answer in time. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) {
    return false;
  }
  const code = 'code' in error ? String(error.code) : '';
  return (
    error instanceof AnswerOverdue ||
    postgresIsAway.has(code) ||
    /timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error/.test(
      error.message,
    )
  );
}
