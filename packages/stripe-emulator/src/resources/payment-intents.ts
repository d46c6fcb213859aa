import { invalid } from '../http/errors.ts';
import { page, pageFields, within } from '../http/pagination.ts';
import {
  flag,
  mergedMetadata,
  metadata,
  oneOf,
  list,
  range,
  required,
  shape,
  text,
  whole,
  type Params,
} from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { idOrNull } from '../state/listed.ts';
import type { PaymentIntent } from '../state/tables.ts';
import { followPayment } from './invoice-states.ts';
import { attach, methodType, resolvePaymentMethod } from './payment-methods.ts';
import { attemptPayment, cancelIntent, createIntent, declinedError, failAuthentication } from './payments.ts';

const confirmFields = {
  off_session: flag,
  payment_method: text,
  return_url: text,
  setup_future_usage: oneOf('off_session', 'on_session'),
};
const createFields = {
  ...confirmFields,
  amount: required(whole),
  automatic_payment_methods: shape({ enabled: required(flag), allow_redirects: oneOf('always', 'never') }),
  confirm: flag,
  currency: required(text),
  customer: text,
  description: text,
  metadata,
  payment_method_types: list(methodType),
};

export const paymentIntentRoutes = [
  route('POST', '/v1/payment_intents', createFields, (context, params) => {
    if (params.amount < 1)
      throw invalid('This value must be greater than or equal to 1.', 'amount', 'parameter_invalid_integer');
    const customer =
      params.customer === undefined ? null : context.find('customer', params.customer, 'customer').id;
    const intent = createIntent(context, {
      amount: params.amount,
      currency: params.currency.toLowerCase(),
      customer,
      description: params.description ?? null,
      metadata: mergedMetadata(null, params.metadata),
      setup_future_usage: params.setup_future_usage ?? null,
    });
    if (params.confirm === true) return confirmPaymentIntent(context, intent, params);
    if (params.payment_method === undefined) return intent;
    const method = resolvePaymentMethod(context, params.payment_method, 'payment_method');
    const ready: PaymentIntent = { ...intent, payment_method: method.id, status: 'requires_confirmation' };
    context.data.put('payment_intent', ready);
    return ready;
  }),
  route('GET', '/v1/payment_intents', { ...pageFields, created: range, customer: text }, ({ data }, params) =>
    page(
      data.all('payment_intent'),
      params,
      '/v1/payment_intents',
      (intent) =>
        (params.customer === undefined || intent.customer === params.customer) &&
        within(intent.created, params.created),
    ),
  ),
  route('GET', '/v1/payment_intents/:id', {}, (context, _params, { id }) =>
    context.find('payment_intent', id),
  ),
  route('POST', '/v1/payment_intents/:id', { metadata, description: text }, (context, params, { id }) => {
    const before = context.find('payment_intent', id);
    const after: PaymentIntent = {
      ...before,
      description: params.description ?? before.description,
      metadata: mergedMetadata(before.metadata, params.metadata),
    };
    context.data.put('payment_intent', after);
    return after;
  }),
  route('POST', '/v1/payment_intents/:id/confirm', confirmFields, (context, params, { id }) =>
    confirmPaymentIntent(context, context.find('payment_intent', id), params),
  ),
  route(
    'POST',
    '/v1/payment_intents/:id/cancel',
    { cancellation_reason: text },
    (context, params, { id }) => {
      const intent = context.find('payment_intent', id);
      if (intent.status === 'succeeded' || intent.status === 'canceled')
        throw unexpectedState(intent, 'cancel');
      return cancelIntent(context, intent, params.cancellation_reason ?? null);
    },
  ),
  route(
    'GET',
    '/v1/charges',
    { ...pageFields, created: range, customer: text, payment_intent: text },
    ({ data }, params) =>
      page(
        data.all('charge'),
        params,
        '/v1/charges',
        (charge) =>
          (params.customer === undefined || charge.customer === params.customer) &&
          (params.payment_intent === undefined || charge.payment_intent === params.payment_intent) &&
          within(charge.created, params.created),
      ),
  ),
  route('GET', '/v1/charges/:id', {}, (context, _params, { id }) => context.find('charge', id)),
];

/** Pays with the method given or stored; a refused card is Stripe's 402. */
export function confirmPaymentIntent(
  context: Context,
  intent: PaymentIntent,
  params: Params<typeof confirmFields>,
): PaymentIntent {
  if (!['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(intent.status)) {
    throw unexpectedState(intent, 'confirm');
  }
  const methodId = params.payment_method ?? idOrNull(intent.payment_method);
  if (methodId === null) {
    throw invalid(
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
      'payment_method',
      'payment_intent_unexpected_state',
    );
  }
  const future = params.setup_future_usage ?? intent.setup_future_usage;
  const customer = idOrNull(intent.customer);
  const found = resolvePaymentMethod(context, methodId, 'payment_method');
  const method =
    future !== null && customer !== null && found.customer === null
      ? attach(context, found.id, customer)
      : found;
  const after = attemptPayment(
    context,
    { ...intent, setup_future_usage: future },
    {
      method,
      offSession: params.off_session ?? false,
      authenticated: false,
      returnUrl: params.return_url ?? null,
    },
  );
  followPayment(context, after);
  if (after.status === 'requires_payment_method') throw declinedError(after);
  return after;
}

/** The holder passed or failed the bank's question about an intent that waits for it. */
export function authenticate(context: Context, id: string, passed: boolean): PaymentIntent {
  const intent = context.find('payment_intent', id);
  const method = idOrNull(intent.payment_method);
  if (intent.status !== 'requires_action' || method === null) throw unexpectedState(intent, 'authenticate');
  const after = passed
    ? attemptPayment(context, intent, {
        method: context.find('payment_method', method),
        offSession: false,
        authenticated: true,
        returnUrl: null,
      })
    : failAuthentication(context, intent);
  followPayment(context, after);
  return after;
}

function unexpectedState(intent: PaymentIntent, verb: string) {
  return invalid(
    `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}.`,
    'intent',
    'payment_intent_unexpected_state',
  );
}
