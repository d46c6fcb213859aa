import type Stripe from 'stripe';
import type { Connection } from './connections.ts';
import { isMissing, translateStripeError } from './stripe.errors.ts';

export const invoiceStatuses = ['draft', 'open', 'paid', 'void', 'uncollectible'] as const;
export type InvoiceStatus = (typeof invoiceStatuses)[number];

/** A line of an invoice. Amounts are integer minor units, before discounts and taxes. */
export interface InvoiceLineState {
  stripe_line_id: string;
  kind: 'recurring' | 'usage' | 'proration' | 'manual';
  description: string | null;
  quantity: string;
  unit_amount: string | null;
  amount: number;
  discount_amount: number;
  tax_amount: number;
  stripe_price_id: string | null;
  period_start: Date;
  period_end: Date;
  is_proration: boolean;
}

/** One attempt to pay an invoice. */
export interface PaymentState {
  stripe_payment_intent_id: string;
  stripe_charge_id: string;
  status: 'pending' | 'succeeded' | 'failed';
  amount: number;
  amount_refunded: number;
  currency: string;
  method_type: string | null;
  card_brand: string | null;
  card_last4: string | null;
  failure_code: string | null;
  failure_message: string | null;
  is_disputed: boolean;
  created_at: Date;
}

/** An invoice as Stripe has it now, in our words. */
export interface InvoiceState {
  stripe_invoice_id: string;
  stripe_customer_id: string | null;
  stripe_subscription_id: string | null;
  number: string | null;
  status: InvoiceStatus;
  billing_reason: string;
  currency: string;
  subtotal: number;
  discount_total: number;
  tax_total: number;
  total: number;
  credit_applied: number;
  amount_due: number;
  amount_paid: number;
  amount_remaining: number;
  amount_refunded: number;
  amount_credited: number;
  period_start: Date;
  period_end: Date;
  due_at: Date | null;
  issued_at: Date | null;
  paid_at: Date | null;
  voided_at: Date | null;
  uncollectible_at: Date | null;
  attempt_count: number;
  next_attempt_at: Date | null;
  hosted_invoice_url: string | null;
  created_at: Date;
  has_credit_notes: boolean;
  /** Whether Stripe goes on with it by itself. */
  is_advancing: boolean;
  lines: InvoiceLineState[];
  payments: PaymentState[];
}

/** An invoice with its lines and payments. Undefined: there is none (a draft can be deleted). */
export async function retrieveInvoice(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  id: string,
): Promise<InvoiceState | undefined> {
  try {
    const invoice = await stripe.invoices.retrieve(id, { expand: ['payments'] }, { stripeAccount });
    const charges: Stripe.Charge[] = [];
    for (const intent of intentsOf(invoice)) {
      const list = stripe.charges.list({ payment_intent: intent, limit: 100 }, { stripeAccount });
      for await (const charge of list) {
        charges.push(charge);
      }
    }
    const lines = await linesOf(stripe, invoice, stripeAccount);
    return invoiceState(invoice, lines, charges);
  } catch (error) {
    if (isMissing(error)) {
      return undefined;
    }
    throw translateStripeError(error);
  }
}

/** Every invoice of a customer, the newest first. */
export async function listInvoices(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  stripeCustomerId: string,
): Promise<InvoiceState[]> {
  try {
    const charges: Stripe.Charge[] = [];
    for await (const charge of stripe.charges.list(
      { customer: stripeCustomerId, limit: 100 },
      { stripeAccount },
    )) {
      charges.push(charge);
    }
    const states: InvoiceState[] = [];
    const list = stripe.invoices.list(
      { customer: stripeCustomerId, limit: 100, expand: ['data.payments'] },
      { stripeAccount },
    );
    for await (const invoice of list) {
      const lines = await linesOf(stripe, invoice, stripeAccount);
      states.push(invoiceState(invoice, lines, charges));
    }
    return states;
  } catch (error) {
    throw translateStripeError(error);
  }
}

/** The invoice that a payment intent pays. Undefined: it pays none. */
export async function findInvoiceOfPayment(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  paymentIntentId: string,
): Promise<string | undefined> {
  try {
    const { data } = await stripe.invoicePayments.list(
      { payment: { type: 'payment_intent', payment_intent: paymentIntentId }, limit: 1 },
      { stripeAccount },
    );
    return data[0] === undefined ? undefined : idOf(data[0].invoice);
  } catch (error) {
    if (isMissing(error)) {
      return undefined;
    }
    throw translateStripeError(error);
  }
}

/** An invoice names its first lines only. */
async function linesOf(
  stripe: Stripe,
  invoice: Stripe.Invoice,
  stripeAccount: string,
): Promise<Stripe.InvoiceLineItem[]> {
  if (!invoice.lines.has_more) {
    return invoice.lines.data;
  }
  const lines: Stripe.InvoiceLineItem[] = [];
  for await (const line of stripe.invoices.listLineItems(invoice.id, { limit: 100 }, { stripeAccount })) {
    lines.push(line);
  }
  return lines;
}

/** Since API version `basil` an invoice is paid through invoice payments. */
function intentsOf(invoice: Stripe.Invoice): string[] {
  return (invoice.payments?.data ?? []).flatMap(({ payment }) =>
    payment.payment_intent === undefined ? [] : [idOf(payment.payment_intent)],
  );
}

/** Translates Stripe's object, with as much of its lines and payments as was read. */
export function invoiceState(
  invoice: Stripe.Invoice,
  lines: Stripe.InvoiceLineItem[],
  charges: Stripe.Charge[],
): InvoiceState {
  const status = invoiceStatuses.find((one) => one === invoice.status);
  if (status === undefined) {
    throw new Error(`The Stripe invoice ${invoice.id} has the unknown status ${invoice.status}.`);
  }
  const intents = intentsOf(invoice);
  const payments = charges
    .filter(({ payment_intent: intent }) => intent !== null && intents.includes(idOf(intent)))
    .map(paymentState)
    .toSorted((a, b) => a.stripe_charge_id.localeCompare(b.stripe_charge_id));
  const transitions = invoice.status_transitions;
  return {
    stripe_invoice_id: invoice.id,
    stripe_customer_id: invoice.customer === null ? null : idOf(invoice.customer),
    stripe_subscription_id: optionalId(invoice.parent?.subscription_details?.subscription ?? null),
    number: invoice.number,
    status,
    billing_reason: invoice.billing_reason ?? 'manual',
    currency: invoice.currency,
    subtotal: invoice.subtotal,
    discount_total: sum(invoice.total_discount_amounts ?? []),
    tax_total: sum((invoice.total_taxes ?? []).filter(isAdded)),
    total: invoice.total,
    // Negative is credit on Stripe. A draft does not say yet what will be left of it.
    credit_applied:
      invoice.ending_balance === null
        ? invoice.total - invoice.amount_due
        : invoice.ending_balance - invoice.starting_balance,
    amount_due: invoice.amount_due,
    amount_paid: invoice.amount_paid,
    amount_remaining: invoice.amount_remaining,
    amount_refunded: payments.reduce((total, payment) => total + payment.amount_refunded, 0),
    amount_credited: invoice.post_payment_credit_notes_amount,
    period_start: date(invoice.period_start),
    period_end: date(invoice.period_end),
    due_at: optionalDate(invoice.due_date),
    issued_at: optionalDate(transitions.finalized_at),
    paid_at: optionalDate(transitions.paid_at),
    voided_at: optionalDate(transitions.voided_at),
    uncollectible_at: optionalDate(transitions.marked_uncollectible_at),
    attempt_count: invoice.attempt_count,
    next_attempt_at: optionalDate(invoice.next_payment_attempt),
    hosted_invoice_url: invoice.hosted_invoice_url ?? null,
    created_at: date(invoice.created),
    has_credit_notes:
      invoice.pre_payment_credit_notes_amount !== 0 || invoice.post_payment_credit_notes_amount !== 0,
    is_advancing: invoice.auto_advance ?? false,
    lines: lines.map(lineState),
    payments,
  };
}

function lineState(line: Stripe.InvoiceLineItem): InvoiceLineState {
  const details = line.parent?.subscription_item_details ?? line.parent?.invoice_item_details;
  const price = line.pricing?.price_details?.price;
  const isProration = details?.proration ?? false;
  return {
    stripe_line_id: line.id,
    kind: isProration ? 'proration' : price === undefined ? 'manual' : 'recurring',
    description: line.description,
    quantity: line.quantity_decimal?.toString() ?? String(line.quantity ?? 1),
    unit_amount: line.pricing?.unit_amount_decimal?.toString() ?? null,
    amount: line.amount,
    discount_amount: sum(line.discount_amounts ?? []),
    tax_amount: sum((line.taxes ?? []).filter(isAdded)),
    stripe_price_id: price === undefined ? null : idOf(price),
    period_start: date(line.period.start),
    period_end: date(line.period.end),
    is_proration: isProration,
  };
}

function paymentState(charge: Stripe.Charge): PaymentState {
  const card = charge.payment_method_details?.card;
  return {
    stripe_payment_intent_id: optionalId(charge.payment_intent) ?? '',
    stripe_charge_id: charge.id,
    status: (['succeeded', 'failed'] as const).find((one) => one === charge.status) ?? 'pending',
    amount: charge.amount,
    amount_refunded: charge.amount_refunded,
    currency: charge.currency,
    method_type: charge.payment_method_details?.type ?? null,
    card_brand: card?.brand ?? null,
    card_last4: card?.last4 ?? null,
    // `card_declined` says less than the bank's reason.
    failure_code: charge.failure_code === null ? null : (charge.outcome?.reason ?? charge.failure_code),
    failure_message: charge.failure_message,
    is_disputed: charge.disputed,
    created_at: date(charge.created),
  };
}

/** A tax that the price holds already adds nothing to it. */
function isAdded({ tax_behavior: behavior }: { tax_behavior: string }): boolean {
  return behavior !== 'inclusive';
}

function sum(amounts: { amount: number }[]): number {
  return amounts.reduce((total, { amount }) => total + amount, 0);
}

function idOf(reference: string | { id: string }): string {
  return typeof reference === 'string' ? reference : reference.id;
}

function optionalId(reference: string | { id: string } | null): string | null {
  return reference === null ? null : idOf(reference);
}

function date(seconds: number): Date {
  return new Date(seconds * 1_000);
}

function optionalDate(seconds: number | null): Date | null {
  return seconds === null ? null : date(seconds);
}
