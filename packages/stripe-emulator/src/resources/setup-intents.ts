import { paymentOutcome } from '../billing/test-cards.ts';
import { invalid, StripeError } from '../http/errors.ts';
import { page, pageFields } from '../http/pagination.ts';
import { flag, list, mergedMetadata, metadata, oneOf, shape, text, type Params } from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { newId, randomText } from '../state/ids.ts';
import { idOrNull } from '../state/listed.ts';
import type { PaymentMethod, SetupIntent } from '../state/tables.ts';
import { attach, markSetUp, methodType, resolvePaymentMethod, testCardOf } from './payment-methods.ts';

const createFields = {
  automatic_payment_methods: shape({ enabled: flag, allow_redirects: oneOf('always', 'never') }),
  confirm: flag,
  customer: text,
  description: text,
  metadata,
  payment_method: text,
  payment_method_types: list(methodType),
  return_url: text,
  usage: oneOf('off_session', 'on_session'),
};

export const setupIntentRoutes = [
  route('POST', '/v1/setup_intents', createFields, (context, params) => {
    const intent = createSetupIntent(context, params);
    return params.confirm === true
      ? confirmSetupIntent(context, intent, undefined, params.return_url)
      : intent;
  }),
  route('GET', '/v1/setup_intents', { ...pageFields, customer: text }, ({ data }, params) =>
    page(
      data.all('setup_intent'),
      params,
      '/v1/setup_intents',
      (intent) => params.customer === undefined || intent.customer === params.customer,
    ),
  ),
  route('GET', '/v1/setup_intents/:id', {}, (context, _params, { id }) => context.find('setup_intent', id)),
  route(
    'POST',
    '/v1/setup_intents/:id/confirm',
    { payment_method: text, return_url: text },
    (context, params, { id }) =>
      confirmSetupIntent(context, context.find('setup_intent', id), params.payment_method, params.return_url),
  ),
  route('POST', '/v1/setup_intents/:id/cancel', {}, (context, _params, { id }) => {
    const intent = context.find('setup_intent', id);
    if (intent.status === 'succeeded' || intent.status === 'canceled')
      throw unexpectedState(intent, 'cancel');
    return save(context, { ...intent, status: 'canceled', next_action: null }, 'setup_intent.canceled');
  }),
];

/** Creates a setup intent that waits for a payment method. */
export function createSetupIntent(context: Context, params: Params<typeof createFields>): SetupIntent {
  const id = newId('seti');
  const customer =
    params.customer === undefined ? null : context.find('customer', params.customer, 'customer').id;
  const method =
    params.payment_method === undefined
      ? undefined
      : resolvePaymentMethod(context, params.payment_method, 'payment_method');
  const intent: SetupIntent = {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: null,
    application: null,
    attach_to_self: undefined,
    automatic_payment_methods: null,
    cancellation_reason: null,
    client_secret: `${id}_secret_${randomText(25)}`,
    created: context.now,
    customer,
    customer_account: null,
    description: params.description ?? null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: context.livemode,
    managed_payments: null,
    mandate: null,
    metadata: mergedMetadata(null, params.metadata),
    next_action: null,
    on_behalf_of: null,
    payment_method: method?.id ?? null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: method === undefined ? 'requires_payment_method' : 'requires_confirmation',
    usage: params.usage ?? 'off_session',
  };
  return save(context, intent, 'setup_intent.created');
}

/** The method is set up: attached to the customer and, where the bank asked, authenticated. */
export function succeedSetup(context: Context, intent: SetupIntent, method: PaymentMethod): SetupIntent {
  const customer = idOrNull(intent.customer);
  if (customer !== null) attach(context, method.id, customer);
  markSetUp(context, method.id);
  const done: SetupIntent = { ...intent, status: 'succeeded', payment_method: method.id, next_action: null };
  return save(context, done, 'setup_intent.succeeded');
}

/** The holder passed or failed the bank's question about a setup that waits for it. */
export function authenticateSetup(context: Context, id: string, passed: boolean): SetupIntent {
  const intent = context.find('setup_intent', id);
  const method = idOrNull(intent.payment_method);
  if (intent.status !== 'requires_action' || method === null) throw unexpectedState(intent, 'authenticate');
  if (passed) return succeedSetup(context, intent, context.find('payment_method', method));
  return save(
    context,
    { ...intent, status: 'requires_payment_method', payment_method: null, next_action: null },
    'setup_intent.setup_failed',
  );
}

/** Sets up the method given or stored; a card that is refused is Stripe's 402. */
export function confirmSetupIntent(
  context: Context,
  intent: SetupIntent,
  sent: string | undefined,
  returnUrl: string | undefined,
): SetupIntent {
  if (intent.status === 'succeeded' || intent.status === 'canceled') throw unexpectedState(intent, 'confirm');
  const id = sent ?? idOrNull(intent.payment_method);
  if (id === null)
    throw invalid(
      'You cannot confirm this SetupIntent because it is missing a payment method.',
      'payment_method',
    );
  const method = resolvePaymentMethod(context, id, 'payment_method');
  const { attach: refusal, setUp, ...testCard } = testCardOf(context, method.id);
  if (refusal !== null) {
    const message = refusal.message;
    const failed: SetupIntent = {
      ...intent,
      payment_method: null,
      last_setup_error: {
        type: 'card_error',
        code: 'card_declined',
        decline_code: refusal.decline_code,
        message,
      },
    };
    save(context, failed, 'setup_intent.setup_failed');
    throw new StripeError(
      402,
      { type: 'card_error', ...refusal, setup_intent: failed },
      { keepsChanges: true },
    );
  }
  const outcome = paymentOutcome(
    { ...testCard, attach: null, charge: null },
    { offSession: false, setUp, authenticated: false },
  );
  if (outcome.kind !== 'requires_action') return succeedSetup(context, intent, method);
  const url = `${context.baseUrl}/authenticate/${intent.id}`;
  const waiting: SetupIntent = {
    ...intent,
    status: 'requires_action',
    payment_method: method.id,
    next_action:
      returnUrl === undefined
        ? { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url } }
        : { type: 'redirect_to_url', redirect_to_url: { url, return_url: returnUrl } },
  };
  return save(context, waiting, 'setup_intent.requires_action');
}

function save(
  context: Context,
  intent: SetupIntent,
  event:
    | 'setup_intent.created'
    | 'setup_intent.succeeded'
    | 'setup_intent.canceled'
    | 'setup_intent.requires_action'
    | 'setup_intent.setup_failed',
): SetupIntent {
  context.data.put('setup_intent', intent);
  context.emit(event, intent);
  return intent;
}

function unexpectedState(intent: SetupIntent, verb: string) {
  return invalid(
    `You cannot ${verb} this SetupIntent because it has a status of ${intent.status}.`,
    'intent',
    'setup_intent_unexpected_state',
  );
}
