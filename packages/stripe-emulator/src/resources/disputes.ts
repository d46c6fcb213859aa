import { invalid } from '../http/errors.ts';
import { page, pageFields, within } from '../http/pagination.ts';
import { flag, mergedMetadata, metadata, range, shape, text } from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { newId } from '../state/ids.ts';
import { idOf, idOrNull } from '../state/listed.ts';
import type { Charge, Dispute } from '../state/tables.ts';

const ANSWER_WITHIN_SECONDS = 9 * 86_400;

/** Disputes that the test cards for them open; evidence of the words `winning_evidence` wins one. */
export const disputeRoutes = [
  route(
    'GET',
    '/v1/disputes',
    { ...pageFields, charge: text, created: range, payment_intent: text },
    ({ data }, params) =>
      page(
        data.all('dispute'),
        params,
        '/v1/disputes',
        (dispute) =>
          (params.charge === undefined || dispute.charge === params.charge) &&
          (params.payment_intent === undefined || dispute.payment_intent === params.payment_intent) &&
          within(dispute.created, params.created),
      ),
  ),
  route('GET', '/v1/disputes/:id', {}, (context, _params, { id }) => context.find('dispute', id)),
  route(
    'POST',
    '/v1/disputes/:id',
    { evidence: shape({ uncategorized_text: text, product_description: text }), metadata, submit: flag },
    (context, params, { id }) => {
      const before = answerable(context, id);
      const evidence = { ...before.evidence, ...params.evidence };
      const told: Dispute = {
        ...before,
        evidence: {
          ...before.evidence,
          uncategorized_text: evidence.uncategorized_text ?? null,
          product_description: evidence.product_description ?? null,
        },
        evidence_details: {
          ...before.evidence_details,
          has_evidence: true,
          ...(params.submit === false
            ? {}
            : {
                submission_count: before.evidence_details.submission_count + 1,
                submission_method: 'manual' as const,
              }),
        },
        metadata: mergedMetadata(before.metadata, params.metadata),
      };
      context.data.put('dispute', told);
      context.emitUpdate('charge.dispute.updated', before, told);
      if (params.submit === false || evidence.uncategorized_text === undefined) return told;
      if (evidence.uncategorized_text === 'winning_evidence') return close(context, told, 'won');
      return evidence.uncategorized_text === 'losing_evidence' ? close(context, told, 'lost') : told;
    },
  ),
  route('POST', '/v1/disputes/:id/close', {}, (context, _params, { id }) =>
    close(context, answerable(context, id), 'lost'),
  ),
];

function answerable(context: Context, id: string): Dispute {
  const dispute = context.find('dispute', id);
  if (dispute.status === 'won' || dispute.status === 'lost' || dispute.status === 'warning_closed')
    throw invalid('This dispute is already closed.', 'id');
  return dispute;
}

function close(context: Context, before: Dispute, status: 'won' | 'lost'): Dispute {
  const inquiry = before.status.startsWith('warning');
  const closed: Dispute = { ...before, status: inquiry ? 'warning_closed' : status };
  context.data.put('dispute', closed);
  if (status === 'won' && !inquiry) {
    context.emit('charge.dispute.funds_reinstated', closed);
    const charge = context.find('charge', idOf(before.charge));
    context.data.put('charge', { ...charge, disputed: false });
  }
  context.emit('charge.dispute.closed', closed);
  return closed;
}

/** The holder of the card questions a charge; except for an inquiry the money is withdrawn at once. */
export function openDispute(context: Context, charge: Charge, reason: string): Dispute {
  const inquiry = reason === 'inquiry';
  const dispute: Dispute = {
    id: newId('du'),
    object: 'dispute',
    amount: charge.amount,
    balance_transactions: [],
    charge: charge.id,
    created: context.now,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: NO_EVIDENCE,
    evidence_details: {
      due_by: context.now + ANSWER_WITHIN_SECONDS,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: inquiry,
    livemode: context.livemode,
    metadata: {},
    network_reason_code: '10.4',
    payment_intent: idOrNull(charge.payment_intent),
    payment_method_details: {
      card: {
        brand: charge.payment_method_details?.card?.brand ?? 'visa',
        case_type: inquiry ? 'inquiry' : 'chargeback',
        network: charge.payment_method_details?.card?.network ?? 'visa',
        network_reason_code: '10.4',
      },
      type: 'card',
    },
    reason: inquiry ? 'fraudulent' : reason,
    status: inquiry ? 'warning_needs_response' : 'needs_response',
  };
  context.data.put('charge', { ...charge, disputed: true });
  context.data.put('dispute', dispute);
  context.emit('charge.dispute.created', dispute);
  if (!inquiry) context.emit('charge.dispute.funds_withdrawn', dispute);
  return dispute;
}

const NO_EVIDENCE: Dispute['evidence'] = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
};
