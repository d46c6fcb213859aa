import { paymentOutcome, type Debit, type Decline } from '../billing/test-cards.ts';
import { StripeError } from '../http/errors.ts';
import type { Context } from '../state/context.ts';
import { newId, randomText } from '../state/ids.ts';
import { idOrNull } from '../state/listed.ts';
import type { Charge, PaymentIntent, PaymentMethod } from '../state/tables.ts';
import { chargeOf } from './charge-object.ts';
import { openDispute } from './disputes.ts';
import { markSetUp, testCardOf } from './payment-methods.ts';

interface NewIntent {
  amount: number;
  currency: string;
  customer: string | null;
  description: string | null;
  metadata: Record<string, string>;
  setup_future_usage: 'off_session' | 'on_session' | null;
}

/** How a payment is made: who is present, and whether the holder just authenticated. */
export interface Attempt {
  method: PaymentMethod;
  offSession: boolean;
  authenticated: boolean;
  returnUrl: string | null;
}

/** Creates a payment intent that waits for a payment method. */
export function createIntent(context: Context, wanted: NewIntent): PaymentIntent {
  const id = newId('pi');
  const intent: PaymentIntent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: wanted.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic',
    client_secret: `${id}_secret_${randomText(25)}`,
    confirmation_method: 'automatic',
    created: context.now,
    currency: wanted.currency,
    customer: wanted.customer,
    customer_account: null,
    description: wanted.description,
    excluded_payment_method_types: null,
    hooks: undefined,
    last_payment_error: null,
    latest_charge: null,
    livemode: context.livemode,
    managed_payments: null,
    metadata: wanted.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_details: undefined,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card'],
    payment_record: null,
    presentment_details: undefined,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: wanted.setup_future_usage,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
  };
  context.data.put('payment_intent', intent);
  context.emit('payment_intent.created', intent);
  return intent;
}

/** Tries to pay an intent; the answer is the intent afterwards: succeeded, refused or asking for the holder. */
export function attemptPayment(context: Context, intent: PaymentIntent, attempt: Attempt): PaymentIntent {
  const testCard = testCardOf(context, attempt.method.id);
  const outcome = paymentOutcome(testCard, { ...attempt, setUp: testCard.setUp });
  const { debit } = testCard;
  if (outcome.kind === 'succeeded' && debit !== null) return askBank(context, intent, attempt, debit);
  if (outcome.kind === 'succeeded') return succeed(context, intent, attempt);
  if (outcome.kind === 'declined') return decline(context, intent, attempt.method, outcome.decline);
  return askToAuthenticate(context, intent, attempt);
}

/** The bank took a debit or sent it back. */
export function decideDebit(context: Context, id: string): PaymentIntent {
  const intent = context.find('payment_intent', id);
  const method = context.find('payment_method', idOrNull(intent.payment_method) ?? '');
  const before = context.find('charge', idOrNull(intent.latest_charge) ?? '');
  const { debit, dispute } = testCardOf(context, method.id);
  const failure = debit?.failure ?? null;
  context.data.remove('_debit', id);
  const decided: Charge = {
    ...chargeOf(context, { ...factsOf(intent, method), decline: failure }),
    id: before.id,
    created: before.created,
    metadata: before.metadata,
  };
  context.data.put('charge', decided);
  context.emit(failure === null ? 'charge.succeeded' : 'charge.failed', decided);
  if (failure !== null) return refuse(context, intent, decided, failure);
  const paid = settle(context, intent, decided, method.id);
  if (dispute !== null) openDispute(context, decided, dispute);
  return paid;
}

/** The holder failed to authenticate: the method is spent, the intent waits for another. */
export function failAuthentication(context: Context, intent: PaymentIntent): PaymentIntent {
  const message =
    'We are unable to authenticate your payment method. Please choose a different payment method and try again.';
  const failed: PaymentIntent = {
    ...intent,
    status: 'requires_payment_method',
    payment_method: null,
    next_action: null,
    last_payment_error: { type: 'card_error', code: 'payment_intent_authentication_failure', message },
  };
  context.data.put('payment_intent', failed);
  context.emit('payment_intent.payment_failed', failed);
  return failed;
}

/** Cancels an intent that can no longer be paid. */
export function cancelIntent(context: Context, intent: PaymentIntent, reason: string | null): PaymentIntent {
  const canceled: PaymentIntent = {
    ...intent,
    status: 'canceled',
    canceled_at: context.now,
    cancellation_reason: reason,
    next_action: null,
  };
  context.data.put('payment_intent', canceled);
  context.emit('payment_intent.canceled', canceled);
  return canceled;
}

/** The 402 of a refused payment. The failed attempt stays on record. */
export function declinedError(intent: PaymentIntent): StripeError {
  const error = intent.last_payment_error;
  return new StripeError(
    402,
    {
      type: 'card_error',
      message: error?.message ?? 'Your card was declined.',
      code: error?.code ?? 'card_declined',
      ...(error?.decline_code === undefined ? {} : { decline_code: error.decline_code }),
      ...(error?.charge === undefined ? {} : { charge: error.charge }),
      payment_intent: intent,
    },
    { keepsChanges: true },
  );
}

function succeed(context: Context, intent: PaymentIntent, attempt: Attempt): PaymentIntent {
  const charge = recordCharge(context, intent, attempt.method, null);
  const paid = settle(context, intent, charge, attempt.method.id);
  const { dispute } = testCardOf(context, attempt.method.id);
  if (dispute !== null) openDispute(context, charge, dispute);
  return paid;
}

function settle(context: Context, intent: PaymentIntent, charge: Charge, method: string): PaymentIntent {
  const paid: PaymentIntent = {
    ...intent,
    status: 'succeeded',
    amount_received: intent.amount,
    latest_charge: charge.id,
    payment_method: method,
    last_payment_error: null,
    next_action: null,
  };
  if (intent.setup_future_usage === 'off_session') markSetUp(context, method);
  context.data.put('payment_intent', paid);
  context.emit('payment_intent.succeeded', paid);
  return paid;
}

/** A bank is asked to pay; its answer comes later. */
function askBank(context: Context, intent: PaymentIntent, { method }: Attempt, debit: Debit): PaymentIntent {
  const charge = chargeOf(context, { ...factsOf(intent, method), decline: null, pending: true });
  context.data.put('charge', charge);
  const waiting: PaymentIntent = {
    ...intent,
    status: 'processing',
    latest_charge: charge.id,
    payment_method: method.id,
    payment_method_types: [method.type],
    last_payment_error: null,
    next_action: null,
  };
  context.data.put('payment_intent', waiting);
  if (debit.after_seconds < Infinity)
    context.data.put('_debit', { id: intent.id, at: context.now + debit.after_seconds });
  context.emit('charge.pending', charge);
  context.emit('payment_intent.processing', waiting);
  return waiting;
}

function decline(
  context: Context,
  intent: PaymentIntent,
  method: PaymentMethod,
  reason: Decline,
): PaymentIntent {
  return refuse(context, intent, recordCharge(context, intent, method, reason), reason);
}

function refuse(context: Context, intent: PaymentIntent, charge: Charge, reason: Decline): PaymentIntent {
  const failed: PaymentIntent = {
    ...intent,
    status: 'requires_payment_method',
    latest_charge: charge.id,
    payment_method: null,
    next_action: null,
    last_payment_error: {
      type: 'card_error',
      charge: charge.id,
      code: reason.code,
      decline_code: reason.decline_code,
      doc_url: `https://docs.stripe.com/error-codes#${reason.code.replaceAll('_', '-')}`,
      message: reason.message,
    },
  };
  context.data.put('payment_intent', failed);
  context.emit('payment_intent.payment_failed', failed);
  return failed;
}

function askToAuthenticate(context: Context, intent: PaymentIntent, attempt: Attempt): PaymentIntent {
  const url = `${context.baseUrl}/authenticate/${intent.id}`;
  const waiting: PaymentIntent = {
    ...intent,
    status: 'requires_action',
    payment_method: attempt.method.id,
    next_action:
      attempt.returnUrl === null
        ? { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url } }
        : { type: 'redirect_to_url', redirect_to_url: { url, return_url: attempt.returnUrl } },
  };
  context.data.put('payment_intent', waiting);
  context.emit('payment_intent.requires_action', waiting);
  return waiting;
}

function recordCharge(
  context: Context,
  intent: PaymentIntent,
  method: PaymentMethod,
  reason: Decline | null,
): Charge {
  const charge = chargeOf(context, { ...factsOf(intent, method), decline: reason });
  context.data.put('charge', charge);
  context.emit(reason === null ? 'charge.succeeded' : 'charge.failed', charge);
  return charge;
}

function factsOf(intent: PaymentIntent, method: PaymentMethod) {
  return {
    intent: intent.id,
    amount: intent.amount,
    currency: intent.currency,
    customer: idOrNull(intent.customer),
    description: intent.description,
    metadata: intent.metadata,
    method,
  };
}
