import type { Connection } from './connections.ts';
import { findMarked } from './find-marked.ts';
import type { CallContext, CallResult } from './intents.ts';
import { translateStripeError } from './stripe.errors.ts';

export const refundStatuses = ['pending', 'requires_action', 'succeeded', 'failed', 'canceled'] as const;
export const refundReasons = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;

/** A refund as Stripe has it. */
export interface RefundState {
  stripe_refund_id: string;
  stripe_charge_id: string | null;
  status: (typeof refundStatuses)[number];
  amount: number;
  currency: string;
  reason: string | null;
  failure_reason: string | null;
  created_at: Date;
}

/** The refunds of what a payment intent took. */
export async function listRefunds(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  paymentIntent: string,
): Promise<RefundState[]> {
  try {
    const refunds: RefundState[] = [];
    const list = stripe.refunds.list({ payment_intent: paymentIntent, limit: 100 }, { stripeAccount });
    for await (const refund of list) {
      const status = refundStatuses.find((one) => one === refund.status);
      if (status === undefined) {
        throw new Error(`The Stripe refund ${refund.id} has the unknown status ${refund.status}.`);
      }
      refunds.push({
        stripe_refund_id: refund.id,
        stripe_charge_id: typeof refund.charge === 'string' ? refund.charge : (refund.charge?.id ?? null),
        status,
        amount: refund.amount,
        currency: refund.currency,
        reason: refund.reason,
        failure_reason: refund.failure_reason ?? null,
        created_at: new Date(refund.created * 1_000),
      });
    }
    return refunds.toSorted((a, b) => a.stripe_refund_id.localeCompare(b.stripe_refund_id));
  } catch (error) {
    throw translateStripeError(error);
  }
}

/** Gives back some of what a payment intent took. */
export async function createStripeRefund(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  wish: { payment_intent: string; amount: number; reason: (typeof refundReasons)[number] | null },
  { idempotency_key: idempotencyKey, intent_id: intentId }: CallContext,
): Promise<CallResult> {
  const { reason, ...rest } = wish;
  const refund = await stripe.refunds.create(
    { ...rest, ...(reason === null ? {} : { reason }), metadata: { bos_intent_id: intentId } },
    { stripeAccount, idempotencyKey },
  );
  return { stripe_object_id: refund.id };
}

/** The refund that was made for a wish. */
export async function findStripeRefund(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  { payment_intent: paymentIntent }: { payment_intent: string },
  { intent_id: intentId }: CallContext,
): Promise<CallResult | undefined> {
  return findMarked(
    stripe.refunds.list({ payment_intent: paymentIntent, limit: 100 }, { stripeAccount }),
    'bos_intent_id',
    intentId,
  );
}
