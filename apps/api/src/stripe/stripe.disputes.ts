import type { Connection } from './connections.ts';
import type { CallResult } from './intents.ts';
import { translateStripeError } from './stripe.errors.ts';

export const disputeStatuses = [
  'warning_needs_response',
  'warning_under_review',
  'warning_closed',
  'needs_response',
  'under_review',
  'appeal_needs_response',
  'appeal_under_review',
  'won',
  'lost',
  'prevented',
] as const;
export type DisputeStatus = (typeof disputeStatuses)[number];

/** A dispute as Stripe has it. */
export interface DisputeState {
  stripe_dispute_id: string;
  stripe_charge_id: string;
  status: DisputeStatus;
  reason: string;
  amount: number;
  currency: string;
  evidence_due_at: Date | null;
  has_evidence: boolean;
  created_at: Date;
}

/** The disputes about what a payment intent took. */
export async function listDisputes(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  paymentIntent: string,
): Promise<DisputeState[]> {
  try {
    const disputes: DisputeState[] = [];
    const list = stripe.disputes.list({ payment_intent: paymentIntent, limit: 100 }, { stripeAccount });
    for await (const dispute of list) {
      const status = disputeStatuses.find((one) => one === dispute.status);
      if (status === undefined) {
        throw new Error(`The Stripe dispute ${dispute.id} has the unknown status ${dispute.status}.`);
      }
      const dueBy = dispute.evidence_details.due_by;
      disputes.push({
        stripe_dispute_id: dispute.id,
        stripe_charge_id: typeof dispute.charge === 'string' ? dispute.charge : dispute.charge.id,
        status,
        reason: dispute.reason,
        amount: dispute.amount,
        currency: dispute.currency,
        evidence_due_at: dueBy === null ? null : new Date(dueBy * 1_000),
        has_evidence: dispute.evidence_details.has_evidence,
        created_at: new Date(dispute.created * 1_000),
      });
    }
    return disputes.toSorted((a, b) => a.stripe_dispute_id.localeCompare(b.stripe_dispute_id));
  } catch (error) {
    throw translateStripeError(error);
  }
}

/** Sends what speaks for the merchant to the bank. Once sent it cannot be changed. */
export async function submitDisputeEvidence(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
  evidence: { uncategorized_text: string; product_description?: string | undefined },
  idempotencyKey: string,
): Promise<CallResult> {
  const { uncategorized_text: text, product_description: product } = evidence;
  const dispute = await stripe.disputes.update(
    id,
    {
      evidence: {
        uncategorized_text: text,
        ...(product === undefined ? {} : { product_description: product }),
      },
      submit: true,
    },
    { stripeAccount, idempotencyKey },
  );
  return { stripe_object_id: dispute.id };
}

/** Accepts a dispute as lost, for good. */
export async function closeStripeDispute(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
  idempotencyKey: string,
): Promise<CallResult> {
  await stripe.disputes.close(id, {}, { stripeAccount, idempotencyKey });
  return { stripe_object_id: id };
}

/** A dispute that the merchant has said something to: sent evidence, or accepted it. */
export async function findAnsweredDispute(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
  how: 'submitted' | 'closed',
): Promise<CallResult | undefined> {
  const { status, evidence_details: evidence } = await stripe.disputes.retrieve(id, {}, { stripeAccount });
  const isDone = how === 'closed' ? status === 'lost' : evidence.submission_count > 0;
  return isDone ? { stripe_object_id: id } : undefined;
}
