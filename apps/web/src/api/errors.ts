/** A refusal or failure of the API in its own words. `status` is 0 when nothing answered. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  /** The body field the refusal is about: "email", "prices.0.amount". */
  readonly param: string | undefined;
  readonly request_id: string | undefined;

  constructor(told: { status: number; code: string; message: string; param?: string; request_id?: string }) {
    super(told.message);
    this.status = told.status;
    this.code = told.code;
    this.param = told.param;
    this.request_id = told.request_id;
  }
}

/** Reads `{ error: { code, message, param?, request_id } }`; anything else becomes a sentence about the status. */
export function apiError(status: number, body: unknown, request_id: string | null): ApiError {
  const error = field(body, 'error');
  const param = text(error, 'param');
  const id = text(error, 'request_id') ?? request_id ?? undefined;
  return new ApiError({
    status,
    code: text(error, 'code') ?? 'unexpected_answer',
    message: text(error, 'message') ?? `The API answered with status ${status}.`,
    ...(param === undefined ? {} : { param }),
    ...(id === undefined ? {} : { request_id: id }),
  });
}

/** What to show of any thrown value. */
export function describeError(error: unknown): { message: string; requestId: string | undefined } {
  if (error instanceof ApiError) return { message: error.message, requestId: error.request_id };
  return { message: 'Something unexpected happened. Try again in a moment.', requestId: undefined };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function text(value: unknown, name: string): string | undefined {
  const found = field(value, name);
  return typeof found === 'string' && found !== '' ? found : undefined;
}
