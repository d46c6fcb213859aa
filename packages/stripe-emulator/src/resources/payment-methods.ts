import { createHash } from 'node:crypto';
import { bankByNumber, bankByToken } from '../billing/test-banks.ts';
import {
  cardByNumber,
  cardByToken,
  numberRefusal,
  type Decline,
  type TestCard,
} from '../billing/test-cards.ts';
import { invalid, missing, StripeError } from '../http/errors.ts';
import { page, pageFields } from '../http/pagination.ts';
import {
  clearable,
  mergedMetadata,
  metadata,
  oneOf,
  required,
  shape,
  text,
  whole,
  type Params,
} from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { idOrNull } from '../state/listed.ts';
import { newId } from '../state/ids.ts';
import type { PaymentMethod } from '../state/tables.ts';
import { addressField, mergedAddress } from './address.ts';
import { noOtherKinds } from './payment-method-kinds.ts';

const billingDetails = shape({
  address: addressField,
  email: clearable(text),
  name: clearable(text),
  phone: clearable(text),
});
/** The kinds of payment methods that there are here. */
export const methodType = oneOf('card', 'sepa_debit', 'us_bank_account');
const createFields = {
  type: methodType,
  us_bank_account: shape({
    account_holder_type: oneOf('company', 'individual'),
    account_number: required(text),
    account_type: oneOf('checking', 'savings'),
    routing_number: required(text),
  }),
  sepa_debit: shape({ iban: required(text) }),
  card: shape({ number: text, exp_month: whole, exp_year: whole, cvc: text, token: text }),
  billing_details: billingDetails,
  metadata,
};
const updateFields = {
  card: shape({ exp_month: whole, exp_year: whole }),
  billing_details: billingDetails,
  metadata,
};

/** A card as it is typed into a form. */
export interface TypedCard {
  number: string;
  exp_month: number;
  exp_year: number;
  cvc: string | undefined;
}

export const paymentMethodRoutes = [
  route('POST', '/v1/payment_methods', createFields, (context, params) => {
    const { card } = params;
    const account = params.us_bank_account?.account_number ?? params.sepa_debit?.iban;
    if (account !== undefined) return changed(context, createFromAccount(context, account), params);
    if (card === undefined) throw invalid('Missing required param: card.', 'card', 'parameter_missing');
    const created =
      card.token === undefined
        ? createFromTypedCard(context, {
            number: card.number ?? '',
            exp_month: card.exp_month ?? 0,
            exp_year: card.exp_year ?? 0,
            cvc: card.cvc,
          })
        : resolvePaymentMethod(context, card.token.replace(/^tok_/, 'pm_card_'), 'card[token]');
    return changed(context, created, params);
  }),
  route(
    'GET',
    '/v1/payment_methods',
    { ...pageFields, customer: text, type: methodType },
    ({ data }, params) =>
      page(
        data.all('payment_method'),
        params,
        '/v1/payment_methods',
        (method) =>
          method.customer === (params.customer ?? null) &&
          (params.type === undefined || method.type === params.type),
      ),
  ),
  route('GET', '/v1/payment_methods/:id', {}, (context, _params, { id }) =>
    context.find('payment_method', id),
  ),
  route('POST', '/v1/payment_methods/:id', updateFields, (context, params, { id }) => {
    const before = context.find('payment_method', id);
    const after = changed(context, before, params);
    context.emitUpdate('payment_method.updated', before, after);
    return after;
  }),
  route('POST', '/v1/payment_methods/:id/attach', { customer: required(text) }, (context, params, { id }) =>
    attach(context, id, params.customer),
  ),
  route('POST', '/v1/payment_methods/:id/detach', {}, (context, _params, { id }) => detach(context, id)),
  route(
    'GET',
    '/v1/customers/:id/payment_methods',
    { ...pageFields, type: methodType },
    (context, params, { id }) => {
      const { id: customer } = context.find('customer', id);
      return page(
        context.data.all('payment_method'),
        params,
        `/v1/customers/${id}/payment_methods`,
        (method) =>
          method.customer === customer && (params.type === undefined || method.type === params.type),
      );
    },
  ),
  route('GET', '/v1/customers/:id/payment_methods/:method', {}, (context, _params, { id, method }) => {
    const found = context.find('payment_method', method);
    if (found.customer !== id) throw missing('payment_method', method);
    return found;
  }),
];

/** The stored payment method, or a new one for a ready-made token such as `pm_card_visa`. */
export function resolvePaymentMethod(context: Context, idOrToken: string, param: string): PaymentMethod {
  const testCard = cardByToken(idOrToken) ?? bankByToken(idOrToken);
  if (testCard === undefined) return context.find('payment_method', idOrToken, param);
  return create(context, testCard, 12, new Date(context.now * 1000).getUTCFullYear() + 1);
}

/** A payment method for a bank account, by its number or IBAN. */
export function createFromAccount(context: Context, number: string): PaymentMethod {
  const testBank = bankByNumber(number);
  if (testBank === undefined)
    throw invalid('This is not one of the test bank accounts.', 'account_number', 'account_number_invalid');
  return create(context, testBank, 12, 2100);
}

/** A payment method for a typed card; refuses what no card form would let through. */
export function createFromTypedCard(context: Context, typed: TypedCard): PaymentMethod {
  const number = typed.number.replaceAll(/[\s-]/g, '');
  const refusal = numberRefusal(number);
  const testCard = cardByNumber(number);
  if (refusal !== undefined || testCard === undefined) {
    throw cardError(
      refusal ?? {
        code: 'card_declined',
        decline_code: 'generic_decline',
        message: 'Your card was declined.',
      },
      'number',
    );
  }
  const year = typed.exp_year < 100 ? 2000 + typed.exp_year : typed.exp_year;
  const ends = Date.UTC(year, typed.exp_month, 1) / 1000;
  if (!(typed.exp_month >= 1 && typed.exp_month <= 12)) {
    throw cardError(invalidPart('expiry_month', "Your card's expiration month is invalid."), 'exp_month');
  }
  if (!(ends > context.now) || year > 2100) {
    throw cardError(invalidPart('expiry_year', "Your card's expiration year is invalid."), 'exp_year');
  }
  if (typed.cvc !== undefined && !/^\d{3,4}$/.test(typed.cvc)) {
    throw cardError(invalidPart('cvc', "Your card's security code is invalid."), 'cvc');
  }
  return create(context, testCard, typed.exp_month, year);
}

function invalidPart(part: string, message: string): Decline {
  return { code: `invalid_${part}`, decline_code: `invalid_${part}`, message };
}

/** 402 as Stripe answers a refused card. */
function cardError(decline: Decline, param?: string): StripeError {
  return new StripeError(402, {
    type: 'card_error',
    code: decline.code,
    decline_code: decline.decline_code,
    message: decline.message,
    ...(param === undefined ? {} : { param }),
  });
}

/** Attaches a method to a customer; cards that are published as declining are refused here already. */
export function attach(context: Context, idOrToken: string, customerId: string): PaymentMethod {
  const customer = context.find('customer', customerId, 'customer');
  const method = resolvePaymentMethod(context, idOrToken, 'payment_method');
  const owner = idOrNull(method.customer);
  if (owner === customer.id) return method;
  if (owner !== null) {
    throw invalid(
      'The payment method you provided has already been attached to a customer.',
      'payment_method',
    );
  }
  const { attach: refusal } = testCardOf(context, method.id);
  if (refusal !== null) throw cardError(refusal);
  const attached = { ...method, customer: customer.id };
  context.data.put('payment_method', attached);
  context.emit('payment_method.attached', attached);
  return attached;
}

function detach(context: Context, id: string): PaymentMethod {
  const method = context.find('payment_method', id);
  const owner = idOrNull(method.customer);
  if (owner === null) {
    throw invalid(
      'The payment method you provided is not attached to a customer so detachment is impossible.',
      'id',
    );
  }
  const detached = { ...method, customer: null };
  context.data.put('payment_method', detached);
  const customer = context.find('customer', owner);
  if (customer.invoice_settings.default_payment_method === id) {
    const settings = { ...customer.invoice_settings, default_payment_method: null };
    context.data.put('customer', { ...customer, invoice_settings: settings });
    context.emitUpdate('customer.updated', customer, { ...customer, invoice_settings: settings });
  }
  context.emit('payment_method.detached', detached, { customer: owner });
  return detached;
}

/** The test card behind a stored method. */
export function testCardOf(context: Context, methodId: string): TestCard & { setUp: boolean } {
  const record = context.data.get('_card', methodId);
  const found =
    record === undefined ? undefined : (cardByNumber(record.number) ?? bankByNumber(record.number));
  if (record === undefined || found === undefined) throw missing('payment_method', methodId);
  return { ...found, setUp: record.set_up };
}

/** Remembers that the holder authenticated this card for later payments. */
export function markSetUp(context: Context, methodId: string): void {
  const record = context.data.get('_card', methodId);
  if (record !== undefined) context.data.put('_card', { ...record, set_up: true });
}

function changed(
  context: Context,
  method: PaymentMethod,
  params: Params<typeof updateFields>,
): PaymentMethod {
  const { billing_details: sent } = params;
  const stored = method.billing_details;
  const after: PaymentMethod = {
    ...method,
    billing_details: {
      ...stored,
      address: mergedAddress(stored.address, sent?.address),
      email: sent?.email === undefined ? stored.email : sent.email,
      name: sent?.name === undefined ? stored.name : sent.name,
      phone: sent?.phone === undefined ? stored.phone : sent.phone,
    },
    card:
      method.card === undefined
        ? undefined
        : {
            ...method.card,
            exp_month: params.card?.exp_month ?? method.card.exp_month,
            exp_year: params.card?.exp_year ?? method.card.exp_year,
          },
    metadata: mergedMetadata(method.metadata, params.metadata),
  };
  context.data.put('payment_method', after);
  return after;
}

function create(context: Context, testCard: TestCard, expMonth: number, expYear: number): PaymentMethod {
  const method: PaymentMethod = {
    ...noOtherKinds,
    id: newId('pm'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: {
      address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
      email: null,
      name: null,
      phone: null,
      tax_id: null,
    },
    card: undefined,
    ...kindDetails(testCard, expMonth, expYear),
    created: context.now,
    customer: null,
    customer_account: null,
    livemode: context.livemode,
    metadata: {},
    radar_options: undefined,
    type: testCard.kind,
  };
  context.data.put('payment_method', method);
  context.data.put('_card', { id: method.id, number: testCard.number, set_up: false });
  return method;
}

function kindDetails(
  { brand, country, funding, kind, number }: TestCard,
  expMonth: number,
  expYear: number,
): Partial<PaymentMethod> {
  const fingerprint = createHash('sha256').update(number).digest('hex').slice(0, 16);
  const last4 = number.slice(-4);
  if (kind === 'us_bank_account') {
    return {
      us_bank_account: {
        account_holder_type: 'individual',
        account_type: 'checking',
        bank_name: brand,
        financial_connections_account: null,
        fingerprint,
        last4,
        networks: { preferred: 'ach', supported: ['ach'] },
        routing_number: '110000000',
        status_details: {},
      },
    };
  }
  if (kind === 'sepa_debit') {
    return {
      sepa_debit: {
        bank_code: number.slice(4, 12),
        branch_code: null,
        country,
        fingerprint,
        generated_from: null,
        last4,
      },
    };
  }
  return {
    card: {
      brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country,
      display_brand: brand,
      exp_month: expMonth,
      exp_year: expYear,
      fingerprint,
      funding,
      generated_from: null,
      last4,
      networks: { available: [brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
  };
}
