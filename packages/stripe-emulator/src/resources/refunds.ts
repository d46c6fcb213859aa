import { invalid } from '../http/errors.ts';
import { page, pageFields, within } from '../http/pagination.ts';
import { mergedMetadata, metadata, oneOf, range, text, whole, type Params } from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { newId, randomText } from '../state/ids.ts';
import { idOrNull } from '../state/listed.ts';
import type { Charge, Refund } from '../state/tables.ts';
import { testCardOf } from './payment-methods.ts';

/** How long a bank takes over a refund to a card that stands for a slow one. */
const DECIDED_AFTER_SECONDS = 60;

const createFields = {
  amount: whole,
  charge: text,
  metadata,
  payment_intent: text,
  reason: oneOf('duplicate', 'fraudulent', 'requested_by_customer'),
};

export const refundRoutes = [
  route('POST', '/v1/refunds', createFields, (context, params) =>
    refund(context, chargeOf(context, params), params),
  ),
  route(
    'GET',
    '/v1/refunds',
    { ...pageFields, charge: text, created: range, payment_intent: text },
    ({ data }, params) =>
      page(
        data.all('refund'),
        params,
        '/v1/refunds',
        (found) =>
          (params.charge === undefined || found.charge === params.charge) &&
          (params.payment_intent === undefined || found.payment_intent === params.payment_intent) &&
          within(found.created, params.created),
      ),
  ),
  route('GET', '/v1/refunds/:id', {}, (context, _params, { id }) => context.find('refund', id)),
  route('POST', '/v1/refunds/:id', { metadata }, (context, params, { id }) => {
    const before = context.find('refund', id);
    const after: Refund = { ...before, metadata: mergedMetadata(before.metadata, params.metadata) };
    context.data.put('refund', after);
    context.emitUpdate('refund.updated', before, after);
    return after;
  }),
];

function chargeOf(context: Context, params: Params<typeof createFields>): Charge {
  if (params.charge !== undefined) return context.find('charge', params.charge, 'charge');
  if (params.payment_intent === undefined)
    throw invalid('One of the following params should be provided: payment_intent or charge.', 'charge');
  const intent = context.find('payment_intent', params.payment_intent, 'payment_intent');
  const id = idOrNull(intent.latest_charge);
  if (id === null)
    throw invalid('This PaymentIntent does not have a successful charge to refund.', 'payment_intent');
  return context.find('charge', id);
}

/** Gives money back, all that is left of a charge where no amount is named. */
export function refund(
  context: Context,
  charge: Charge,
  wanted: Pick<Params<typeof createFields>, 'amount' | 'metadata' | 'reason'>,
): Refund {
  const left = charge.amount_captured - charge.amount_refunded;
  if (charge.status !== 'succeeded') throw invalid('This charge did not succeed.', 'charge');
  if (left <= 0)
    throw invalid(`Charge ${charge.id} has already been refunded.`, 'charge', 'charge_already_refunded');
  const amount = wanted.amount ?? left;
  if (amount < 1 || amount > left) {
    throw invalid(
      `Refund amount (${amount}) is greater than unrefunded amount on charge (${left}), or less than 1.`,
      'amount',
    );
  }
  const outcome = testCardOf(context, charge.payment_method ?? '').refund;
  const made: Refund = {
    id: newId('re'),
    object: 'refund',
    amount,
    balance_transaction: newId('txn'),
    charge: charge.id,
    created: context.now,
    currency: charge.currency,
    customer: idOrNull(charge.customer),
    customer_account: null,
    description: undefined,
    destination_details: {
      card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' },
      type: 'card',
    },
    failure_balance_transaction: undefined,
    failure_reason: undefined,
    instructions_email: undefined,
    metadata: mergedMetadata(null, wanted.metadata),
    next_action: undefined,
    payment_intent: idOrNull(charge.payment_intent),
    payment_method: charge.payment_method,
    pending_reason: undefined,
    presentment_details: undefined,
    reason: wanted.reason ?? null,
    receipt_number: `${randomText(4)}-${randomText(4)}`.toUpperCase(),
    source_transfer_reversal: null,
    status: outcome === null ? 'succeeded' : 'pending',
    transfer_reversal: null,
  };
  context.data.put('refund', made);
  context.emit('refund.created', made);
  const total = charge.amount_refunded + amount;
  const after: Charge = { ...charge, amount_refunded: total, refunded: total === charge.amount_captured };
  context.data.put('charge', after);
  context.emit('charge.refunded', after, {
    amount_refunded: charge.amount_refunded,
    refunded: charge.refunded,
  });
  return made;
}

/** When the bank has decided about a refund that is pending, in seconds. */
export function refundDue(made: Refund): number {
  return made.status === 'pending' ? made.created + DECIDED_AFTER_SECONDS : Infinity;
}

/** The bank took the refund or sent it back; what came back is the merchant's again. */
export function decideRefund(context: Context, before: Refund): void {
  const charge = context.find('charge', idOrNull(before.charge) ?? '');
  const failed = testCardOf(context, charge.payment_method ?? '').refund === 'failed';
  const after: Refund = failed
    ? {
        ...before,
        status: 'failed',
        failure_balance_transaction: newId('txn'),
        failure_reason: 'expired_or_canceled_card',
      }
    : { ...before, status: 'succeeded' };
  context.data.put('refund', after);
  context.emitUpdate('refund.updated', before, after);
  if (!failed) return;
  const amount_refunded = charge.amount_refunded - before.amount;
  context.data.put('charge', { ...charge, amount_refunded, refunded: false });
  context.emit('refund.failed', after);
}
