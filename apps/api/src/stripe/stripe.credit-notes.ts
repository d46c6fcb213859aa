import type { Connection } from './connections.ts';
import { findMarked } from './find-marked.ts';
import type { CallContext, CallResult } from './intents.ts';
import { translateStripeError } from './stripe.errors.ts';

export const creditNoteReasons = [
  'duplicate',
  'fraudulent',
  'order_change',
  'product_unsatisfactory',
] as const;
export type CreditNoteReason = (typeof creditNoteReasons)[number];

/** A credit note as Stripe has it. Amounts are integer minor units. */
export interface CreditNoteState {
  stripe_credit_note_id: string;
  number: string;
  status: 'issued' | 'void';
  reason: CreditNoteReason | null;
  memo: string | null;
  currency: string;
  amount: number;
  before_payment: boolean;
  credit_amount: number;
  refund_amount: number;
  out_of_band_amount: number;
  created_at: Date;
  voided_at: Date | null;
}

export interface NewCreditNote {
  stripe_invoice_id: string;
  amount?: number | undefined;
  lines?: { stripe_line_id: string; amount: number }[] | undefined;
  reason?: CreditNoteReason | undefined;
  memo?: string | undefined;
  credit_amount?: number | undefined;
  refund_amount?: number | undefined;
  out_of_band_amount?: number | undefined;
}

/** The credit notes of an invoice. */
export async function listCreditNotes(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  stripeInvoiceId: string,
): Promise<CreditNoteState[]> {
  try {
    const notes: CreditNoteState[] = [];
    const list = stripe.creditNotes.list({ invoice: stripeInvoiceId, limit: 100 }, { stripeAccount });
    for await (const note of list) {
      const refunded = note.refunds.reduce((total, refund) => total + refund.amount_refunded, 0);
      const outOfBand = note.out_of_band_amount ?? 0;
      notes.push({
        stripe_credit_note_id: note.id,
        number: note.number,
        status: note.status === 'void' ? 'void' : 'issued',
        reason: creditNoteReasons.find((one) => one === note.reason) ?? null,
        memo: note.memo,
        currency: note.currency,
        amount: note.amount,
        before_payment: note.post_payment_amount === 0,
        credit_amount: note.post_payment_amount === 0 ? 0 : note.amount - refunded - outOfBand,
        refund_amount: refunded,
        out_of_band_amount: outOfBand,
        created_at: new Date(note.created * 1_000),
        voided_at: note.voided_at === null ? null : new Date(note.voided_at * 1_000),
      });
    }
    return notes.toSorted((a, b) => a.stripe_credit_note_id.localeCompare(b.stripe_credit_note_id));
  } catch (error) {
    throw translateStripeError(error);
  }
}

/** Issues a credit note. Of a paid invoice, what goes back must add up to its amount; Stripe checks it. */
export async function createStripeCreditNote(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  { stripe_invoice_id: invoice, lines, ...wish }: NewCreditNote,
  { idempotency_key: idempotencyKey, intent_id: intentId }: CallContext,
): Promise<CallResult> {
  const given = Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));
  const note = await stripe.creditNotes.create(
    {
      invoice,
      ...given,
      metadata: { bos_intent_id: intentId },
      ...(lines === undefined
        ? {}
        : {
            lines: lines.map(({ stripe_line_id: line, amount }) => ({
              type: 'invoice_line_item',
              invoice_line_item: line,
              amount,
            })),
          }),
    },
    { stripeAccount, idempotencyKey },
  );
  return { stripe_object_id: note.id };
}

/** The credit note that was issued for a wish. */
export async function findStripeCreditNote(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  { stripe_invoice_id: invoice }: Pick<NewCreditNote, 'stripe_invoice_id'>,
  { intent_id: intentId }: CallContext,
): Promise<CallResult | undefined> {
  return findMarked(
    stripe.creditNotes.list({ invoice, limit: 100 }, { stripeAccount }),
    'bos_intent_id',
    intentId,
  );
}
