import { z } from 'zod';
import { money, pageOf, pageQuery, text, timestamp } from '../../platform/http/schemas.ts';
import { creditNoteReasons } from '../../stripe/stripe.credit-notes.ts';
import { invoiceStatuses } from '../../stripe/stripe.invoice-state.ts';
import { refundStatuses } from '../../stripe/stripe.refunds.ts';
import { customerReference, customerSummary } from '../customers/customers.schemas.ts';

export const parkedReasons = ['unusual_amount', 'too_many_lines'] as const;
const invoiceLineKinds = [
  'recurring',
  'usage',
  'late_usage',
  'proration',
  'tax',
  'discount',
  'manual',
] as const;

const invoiceFields = {
  id: z.string(),
  number: z.string().nullable().describe('Null until it is issued.'),
  provider: z.enum(['stripe', 'manual']).describe('Who collects it: Stripe, or the merchant.'),
  status: z.enum(invoiceStatuses),
  billing_reason: z.string(),
  customer: customerSummary,
  subscription: z.string().nullable().describe('Id of the subscription that it bills.'),
  currency: z.string(),
  subtotal: money.describe('The sum of the lines.'),
  discount_total: money,
  tax_total: money,
  total: money,
  credit_applied: money.describe('What the customer’s credit balance took off.'),
  amount_due: money,
  amount_paid: money,
  amount_remaining: money,
  amount_refunded: money,
  amount_credited: money.describe('Taken back by credit notes after it was paid.'),
  period_start: timestamp.nullable(),
  period_end: timestamp.nullable(),
  due_at: timestamp.nullable(),
  issued_at: timestamp.nullable(),
  paid_at: timestamp.nullable(),
  voided_at: timestamp.nullable(),
  attempt_count: z.int(),
  next_attempt_at: timestamp.nullable().describe('When Stripe tries again by itself.'),
  hosted_invoice_url: z.string().nullable().describe('Stripe’s page of the invoice, where it can be paid.'),
  parked_at: timestamp
    .nullable()
    .describe('Held back since: it looks like a mistake, and nobody is charged until somebody releases it.'),
  parked_reason: z.enum(parkedReasons).nullable(),
  usage_due_at: timestamp
    .nullable()
    .describe(
      'A draft that waits for the last use of its period: when it is looked at next, and issued if all is there.',
    ),
  created_at: timestamp,
  updated_at: timestamp,
  version: z.int(),
};

const invoiceLine = z
  .object({
    id: z.string(),
    kind: z.enum(invoiceLineKinds),
    description: z.string().nullable(),
    quantity: z.string(),
    unit_amount: z.string().nullable().describe('Minor units of one, an exact decimal.'),
    amount: money.describe('Before discounts and taxes.'),
    discount_amount: money,
    price: z.string().nullable().describe('Id of the price.'),
    period_start: timestamp.nullable(),
    period_end: timestamp.nullable(),
  })
  .meta({ id: 'InvoiceLine' });

export const payment = z
  .object({
    id: z.string(),
    status: z.enum(['pending', 'succeeded', 'failed']),
    amount: money,
    amount_refunded: money,
    method: z
      .object({ type: z.string(), brand: z.string().nullable(), last4: z.string().nullable() })
      .nullable(),
    failure_code: z.string().nullable().describe('The bank’s reason: `insufficient_funds`, `lost_card` ….'),
    failure_message: z.string().nullable(),
    is_disputed: z.boolean(),
    created_at: timestamp,
  })
  .meta({ id: 'Payment' });

export const creditNote = z
  .object({
    id: z.string(),
    number: z.string().nullable(),
    invoice: z.string(),
    status: z.enum(['issued', 'void']),
    reason: z.enum(creditNoteReasons).nullable(),
    memo: z.string().nullable(),
    amount: money,
    before_payment: z.boolean().describe('It lowered what was still due; nothing went back.'),
    credit_amount: money.describe('Added to the customer’s credit balance.'),
    refund_amount: money,
    out_of_band_amount: money.describe('Given back outside of Stripe.'),
    created_at: timestamp,
    voided_at: timestamp.nullable(),
  })
  .meta({ id: 'CreditNote' });

export const refund = z
  .object({
    id: z.string(),
    invoice: z.string(),
    payment: z.string().nullable(),
    status: z.enum(refundStatuses),
    amount: money,
    reason: z.string().nullable(),
    failure_reason: z.string().nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'Refund' });

/** As it stands in a list. */
export const invoiceSummary = z.object(invoiceFields).meta({ id: 'InvoiceSummary' });

export const invoice = z
  .object({
    ...invoiceFields,
    lines: z.array(invoiceLine),
    payments: z.array(payment).describe('Attempts to pay it.'),
    credit_notes: z.array(creditNote),
    refunds: z.array(refund),
    is_payment_under_way: z
      .boolean()
      .describe('Somebody is paying, or the outcome of a payment is not known yet. No other can begin.'),
  })
  .meta({ id: 'Invoice' });

export const invoicePage = pageOf(invoiceSummary).meta({ id: 'InvoiceList' });

const moment = z.iso
  .datetime({ offset: true })
  .transform((at) => new Date(at))
  .optional();

export const listInvoices = pageQuery.extend({
  customer: customerReference.optional(),
  subscription: text.min(1).max(255).optional().describe('Id of the subscription.'),
  status: z.enum(invoiceStatuses).optional(),
  created_from: moment.describe('Made at this time or later.'),
  created_to: moment.describe('Made before this time.'),
});

export const invoicesSummary = z
  .object({
    by_currency: z.array(
      z.object({
        currency: z.string(),
        open: money.describe('Still to be paid.'),
        open_count: z.int(),
        overdue: money.describe('Of that, what is late: after its day, or refused by the bank.'),
        overdue_count: z.int(),
        paid_last_30_days: money,
      }),
    ),
  })
  .meta({ id: 'InvoicesSummary' });

export const paymentMethod = z.string().regex(/^pm_[A-Za-z0-9_]+$/, 'use the id of a Stripe payment method');

export const payInvoice = z.strictObject({
  payment_method: paymentMethod.optional().describe('Default: the one the customer has.'),
});

export const paymentOutcome = z
  .object({
    outcome: z
      .enum(['paid', 'declined', 'requires_action', 'unknown'])
      .describe(
        'unknown: Stripe did not answer. It is found out by itself; no other payment can begin until then.',
      ),
    decline: z
      .object({
        code: z.string().describe('The bank’s reason: `insufficient_funds`, `lost_card` ….'),
        message: z.string(),
        is_final: z.boolean().describe('This card will not pay: ask for another instead of trying again.'),
      })
      .nullable(),
    hosted_invoice_url: z.string().nullable().describe('Where the customer can act, or pay otherwise.'),
    invoice,
  })
  .meta({ id: 'PaymentOutcome' });

export const markInvoicePaid = z.strictObject({
  paid_at: z.iso
    .datetime({ offset: true })
    .transform((at) => new Date(at))
    .optional()
    .describe('When the money came. Default: now.'),
  reference: text.trim().min(1).max(200).optional().describe('Of the transfer, for your books.'),
});

const amount = z.int().min(1).max(99_999_999_999);
export const createCreditNote = z
  .strictObject({
    amount: amount.optional().describe('How much is taken back; or name lines.'),
    lines: z
      .array(z.strictObject({ line: text.min(1).max(255).describe('Id of the line.'), amount }))
      .min(1)
      .max(100)
      .optional()
      .describe('How much of which lines, before their discounts.'),
    reason: z.enum(creditNoteReasons).optional(),
    memo: text.max(500).optional(),
    credit_amount: amount
      .optional()
      .describe('Of a paid invoice: to the customer’s credit balance. The default for all.'),
    refund_amount: amount.optional().describe('Of a paid invoice: back to the card.'),
    out_of_band_amount: amount.optional().describe('Of a paid invoice: given back in another way.'),
  })
  .refine(
    (body) => (body.amount === undefined) !== (body.lines === undefined),
    'name either amount or lines',
  );

export const customerBalance = z
  .object({
    balance: z
      .array(money)
      .describe('Credit the next invoices will use; negative is owed. One for each currency.'),
    entries: z
      .array(
        z.object({
          id: z.string().describe('Of Stripe.'),
          amount: money.describe('Positive: in the customer’s favour.'),
          balance_after: money,
          type: z.string().describe('adjustment, applied_to_invoice, credit_note …'),
          description: z.string().nullable(),
          invoice: z.string().nullable().describe('Id of the invoice that it is about.'),
          created_at: timestamp,
        }),
      )
      .describe('The newest first. They are never changed; their sum is the balance.'),
  })
  .meta({ id: 'CustomerBalance' });

export const adjustCustomerBalance = z.strictObject({
  amount: z
    .int()
    .min(-99_999_999)
    .max(99_999_999)
    .refine((value) => value !== 0, 'name an amount other than 0')
    .describe('Minor units. Positive gives credit, negative takes some.'),
  currency: z.string().regex(/^[a-z]{3}$/, 'use a lower-case ISO 4217 code: usd'),
  description: text.trim().min(1).max(350).optional(),
});
