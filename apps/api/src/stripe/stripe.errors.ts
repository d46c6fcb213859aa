import Stripe from 'stripe';
import { AppError, type ErrorFacts } from '../platform/errors.ts';

export class StripeNotConnected extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'stripe_not_connected',
    kind: 'conflict',
    explanation:
      'The environment has no Stripe account that can charge. Connect one in the dashboard under Settings.',
  };
  constructor() {
    super(
      StripeNotConnected.facts,
      'This environment has no Stripe account that can charge. Connect one in the dashboard under Settings → Stripe.',
    );
  }
}

export class StripeNotConfigured extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'stripe_not_configured',
    kind: 'unavailable',
    explanation: 'This BillingOS instance has neither a Stripe key for the mode nor an emulator.',
  };
  constructor(mode: string) {
    super(
      StripeNotConfigured.facts,
      `This instance cannot talk to Stripe in ${mode} mode: whoever runs it sets STRIPE_${mode.toUpperCase()}_SECRET_KEY.`,
    );
  }
}

export class StripeConnectionLost extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'stripe_connection_lost',
    kind: 'conflict',
    explanation:
      'Stripe refuses that BillingOS acts for the connected account. Connect it again under Settings → Stripe.',
  };
  constructor(cause: unknown) {
    super(
      StripeConnectionLost.facts,
      'Stripe refuses that BillingOS acts for this account. Connect it again in the dashboard under Settings → Stripe.',
      undefined,
      { cause },
    );
  }
}

export class PaymentFailed extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'payment_failed',
    kind: 'conflict',
    explanation: 'The customer’s bank declined the payment. Nothing changed; try another payment method.',
  };
  constructor(
    readonly reason: string,
    cause: unknown,
    /** The bank's reason where it gave one, else Stripe's: `insufficient_funds`. */
    readonly decline_code: string = 'card_declined',
  ) {
    super(
      PaymentFailed.facts,
      `The payment failed: ${reason} Nothing changed. Try another payment method.`,
      'payment_method',
      { cause },
    );
  }
}

export class StripeRefused extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'stripe_refused',
    kind: 'conflict',
    explanation: 'Stripe refused the request; the message says why. Nothing changed.',
  };
  constructor(reason: string, cause: unknown) {
    super(StripeRefused.facts, `Stripe refused: ${reason}`, undefined, { cause });
  }
}

export class StripeUnavailable extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'stripe_unavailable',
    kind: 'unavailable',
    explanation:
      'Stripe did not answer. What was begun is finished by itself; repeat with the same Idempotency-Key to see.',
  };
  constructor(cause: unknown) {
    super(
      StripeUnavailable.facts,
      'Stripe did not answer. What was begun will be finished; repeat the request with the same Idempotency-Key to see it.',
      undefined,
      { cause },
    );
  }
}

export class OtherCallUnderWay extends AppError {
  static readonly facts: ErrorFacts = {
    code: 'other_call_under_way',
    kind: 'conflict',
    explanation:
      'Another request about the same thing was made with other values. Look at what it did first.',
  };
  constructor() {
    super(
      OtherCallUnderWay.facts,
      'Another request about the same thing is under way, or was just done, with other values. Look at its outcome first.',
    );
  }
}

/** A failed call in our words. `StripeUnavailable`: nobody knows whether it took effect. */
export function translateStripeError(error: unknown): unknown {
  if (error instanceof Stripe.errors.StripeCardError) {
    // Stripe's client says '' where the bank gave no reason: a payment that waits for its customer has a code only.
    const reason = error.decline_code === '' ? error.code : (error.decline_code ?? error.code);
    return new PaymentFailed(error.message, error, reason);
  }
  if (hasNoPaymentMethod(error)) {
    return new PaymentFailed('The customer has no payment method.', error, 'no_payment_method');
  }
  if (
    error instanceof Stripe.errors.StripeConnectionError ||
    error instanceof Stripe.errors.StripeRateLimitError ||
    error instanceof Stripe.errors.StripeAPIError ||
    // The same key is at work in another process.
    (error instanceof Stripe.errors.StripeError &&
      (error.statusCode === 409 || (error.statusCode ?? 500) >= 500))
  ) {
    return new StripeUnavailable(error);
  }
  if (
    error instanceof Stripe.errors.StripeAuthenticationError ||
    error instanceof Stripe.errors.StripePermissionError ||
    (error instanceof Stripe.errors.StripeError && error.code === 'account_invalid')
  ) {
    return new StripeConnectionLost(error);
  }
  return error instanceof Stripe.errors.StripeError ? new StripeRefused(error.message, error) : error;
}

/** Stripe has no code of its own for it. */
function hasNoPaymentMethod(error: unknown): boolean {
  return (
    error instanceof Stripe.errors.StripeInvalidRequestError &&
    /no attached payment source|no default payment method/.test(error.message)
  );
}

/**
 * Whether Stripe keeps a failure of its own under the idempotency key: it gives the same answer from now on and does
 * nothing more. Whether it did something before, only the object itself can say.
 */
export function isSavedFailure(error: unknown): boolean {
  const cause = error instanceof StripeUnavailable ? error.cause : error;
  return cause instanceof Stripe.errors.StripeAPIError && cause.headers?.['idempotent-replayed'] === 'true';
}

/** Whether Stripe refused with this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Stripe.errors.StripeError && error.code === code;
}

/** Whether Stripe looked at the request and will not do it. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeInvalidRequestError;
}

/** Whether a call failed because the object exists no more. */
export function isMissing(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && error.code === 'resource_missing';
}
