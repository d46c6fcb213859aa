/** The fields of Stripe's error object. Money and card errors carry the objects they left behind. */
export interface ErrorDetail {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  message: string;
  code?: string;
  param?: string;
  decline_code?: string;
  charge?: string;
  payment_intent?: object;
  payment_method?: object;
  setup_intent?: object;
}

/** An answer of the API that is not a success. Its changes are undone unless `keepsChanges`. */
export class StripeError extends Error {
  readonly status: number;
  readonly detail: ErrorDetail;
  /** A declined payment is an error whose failed attempt stays on record. */
  readonly keepsChanges: boolean;
  /** Stripe saves no answer under the idempotency key when the parameters did not even parse. */
  readonly savedUnderKey: boolean;
  /** Headers that this error adds to its answer. */
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    detail: ErrorDetail,
    options: { keepsChanges?: boolean; savedUnderKey?: boolean; headers?: Record<string, string> } = {},
  ) {
    super(detail.message);
    this.status = status;
    this.detail = detail;
    this.keepsChanges = options.keepsChanges ?? false;
    this.savedUnderKey = options.savedUnderKey ?? true;
    this.headers = options.headers ?? {};
  }

  /** The body as it goes over the wire. */
  body(requestId: string): { error: object } {
    const { code } = this.detail;
    return {
      error: {
        ...this.detail,
        ...(code === undefined
          ? {}
          : { doc_url: `https://docs.stripe.com/error-codes#${code.replaceAll('_', '-')}` }),
        request_log_url: `https://dashboard.stripe.com/logs/${requestId}`,
      },
    };
  }
}

/** 400 with Stripe's `invalid_request_error`. */
export function invalid(message: string, param?: string, code?: string): StripeError {
  return new StripeError(400, {
    type: 'invalid_request_error',
    message,
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
  });
}

/** A parameter that did not parse; such an answer is not saved under an idempotency key. */
export function badParameter(message: string, param: string, code?: string): StripeError {
  return new StripeError(
    400,
    { type: 'invalid_request_error', message, param, ...(code === undefined ? {} : { code }) },
    { savedUnderKey: false },
  );
}

/** 404 `resource_missing`. `param` is `id` for the object of the path, else the parameter naming it. */
export function missing(noun: string, id: string, param = 'id'): StripeError {
  return new StripeError(param === 'id' ? 404 : 400, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${noun}: '${id}'`,
    param,
  });
}
