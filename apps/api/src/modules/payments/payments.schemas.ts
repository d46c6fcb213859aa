import { z } from 'zod';
import { money, pageOf, pageQuery, text, timestamp } from '../../platform/http/schemas.ts';
import { disputeStatuses } from '../../stripe/stripe.disputes.ts';
import { refundReasons } from '../../stripe/stripe.refunds.ts';
import { refund } from '../invoices/invoices.schemas.ts';

export const refundPage = pageOf(refund).meta({ id: 'RefundList' });
const invoice = text.min(1).max(255).optional().describe('Id of the invoice.');
export const listRefunds = pageQuery.extend({ invoice });

export const createRefund = z.strictObject({
  amount: z
    .int()
    .min(1)
    .max(99_999_999_999)
    .optional()
    .describe('In minor units of the invoice’s currency. Default: all that is left of what was paid.'),
  reason: z.enum(refundReasons).optional(),
  cancel_subscription: z
    .boolean()
    .default(false)
    .describe('Also ends the subscription that the invoice bills, now. A refund alone ends no access.'),
});

export const dispute = z
  .object({
    id: z.string(),
    invoice: z.string(),
    payment: z.string().nullable(),
    status: z.enum(disputeStatuses).describe('warning_…: an inquiry of the bank; no money moved.'),
    reason: z.string(),
    amount: money,
    evidence_due_at: timestamp.nullable().describe('Until when the bank listens.'),
    has_evidence: z.boolean(),
    closed_at: timestamp.nullable(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Dispute' });
export const disputePage = pageOf(dispute).meta({ id: 'DisputeList' });
export const listDisputes = pageQuery.extend({ invoice, status: z.enum(disputeStatuses).optional() });

const evidence = text.trim().min(1).max(20_000);
export const submitEvidence = z.strictObject({
  text: evidence.describe(
    'What speaks for you, in your words. The bank gets it; it cannot be changed after.',
  ),
  product_description: evidence.optional().describe('What was sold.'),
});

export const paymentSettings = z
  .object({
    dispute_policy: z
      .enum(['suspend', 'keep'])
      .describe(
        'suspend: access is withheld while a dispute is open, given back when it is won; lost, the subscription ends. keep: disputes change nothing.',
      ),
  })
  .meta({ id: 'PaymentSettings' });
export const updatePaymentSettings = z.strictObject({ dispute_policy: z.enum(['suspend', 'keep']) });
