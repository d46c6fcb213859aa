import Stripe from 'stripe';
import { listOf } from '../http/pagination.ts';
import type { Context } from '../state/context.ts';
import { newId } from '../state/ids.ts';
import { idOf } from '../state/listed.ts';
import type { Customer, Invoice, InvoiceLine, Subscription, SubscriptionItem } from '../state/tables.ts';

/** What one line of an invoice charges for. */
export interface LineFacts {
  subscription: Subscription;
  item: SubscriptionItem;
  quantity: number;
  amount: number;
  description: string;
  period: { start: number; end: number };
}

export interface InvoiceFacts {
  customer: Customer;
  subscription: Subscription;
  billing_reason: 'subscription_create' | 'subscription_cycle' | 'subscription_update';
  period: { start: number; end: number };
  lines: LineFacts[];
  /** When Stripe finalizes it by itself; null for an invoice that is finalized at once. */
  finalizes_at: number | null;
  /** False for a draft that stays one until somebody finalizes it; true when absent. */
  auto_advance?: boolean;
}

/** A draft invoice of a subscription. Nothing is owed yet: `finalize` makes it a demand. */
export function draftInvoice(context: Context, facts: InvoiceFacts): Invoice {
  const { customer, subscription } = facts;
  const id = newId('in');
  const lines = facts.lines.map((line) => invoiceLine(context, id, line));
  const total = lines.reduce((sum, { amount }) => sum + amount, 0);
  return {
    id,
    object: 'invoice',
    account_country: 'US',
    account_name: null,
    account_tax_ids: null,
    amount_due: total,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_paid_off_stripe: undefined,
    amount_remaining: total,
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: facts.auto_advance ?? true,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    automatically_finalizes_at: facts.auto_advance === false ? null : facts.finalizes_at,
    billing_reason: facts.billing_reason,
    collection_method: subscription.collection_method,
    confirmation_secret: undefined,
    created: context.now,
    currency: subscription.currency,
    custom_fields: null,
    customer: customer.id,
    customer_account: null,
    customer_address: customer.address ?? null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    customer_shipping: customer.shipping,
    customer_tax_exempt: customer.tax_exempt ?? null,
    customer_tax_ids: [],
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    deleted: undefined,
    description: null,
    discounts: [],
    due_date:
      subscription.days_until_due === null ? null : context.now + subscription.days_until_due * 86_400,
    effective_at: null,
    ending_balance: null,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: 'self' },
    last_finalization_error: null,
    latest_revision: null,
    lines: listOf(lines, `/v1/invoices/${id}/lines`),
    livemode: context.livemode,
    metadata: {},
    next_payment_attempt: facts.auto_advance === false ? null : facts.finalizes_at,
    number: null,
    on_behalf_of: null,
    parent: {
      quote_details: null,
      subscription_details: { metadata: subscription.metadata, subscription: subscription.id },
      type: 'subscription_details',
    },
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    payments: undefined,
    period_end: facts.period.end,
    period_start: facts.period.start,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: 0,
    statement_descriptor: null,
    status: 'draft',
    status_details: undefined,
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal: total,
    subtotal_excluding_tax: total,
    test_clock: customer.test_clock ?? null,
    threshold_reason: undefined,
    total,
    total_discount_amounts: [],
    total_excluding_tax: total,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: context.now,
  };
}

function invoiceLine(context: Context, invoice: string, line: LineFacts): InvoiceLine {
  const { item, subscription } = line;
  return {
    id: newId('il'),
    object: 'line_item',
    amount: line.amount,
    currency: subscription.currency,
    description: line.description,
    discount_amounts: [],
    discountable: true,
    discounts: [],
    invoice,
    livemode: context.livemode,
    metadata: subscription.metadata,
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration: false,
        proration_details: { credited_items: null },
        subscription: subscription.id,
        subscription_item: item.id,
      },
      type: 'subscription_item_details',
    },
    period: line.period,
    pretax_credit_amounts: [],
    pricing: {
      price_details: { price: item.price.id, product: idOf(item.price.product) },
      type: 'price_details',
      unit_amount_decimal: item.price.unit_amount_decimal,
    },
    quantity: line.quantity,
    quantity_decimal: Stripe.Decimal.from(line.quantity),
    subscription: subscription.id,
    subtotal: line.amount,
    taxes: [],
  };
}
