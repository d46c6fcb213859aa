import Stripe from 'stripe';
import { listOf } from '../http/pagination.ts';
import type { Context } from '../state/context.ts';
import { newId } from '../state/ids.ts';
import { idOf } from '../state/listed.ts';
import type { Customer, Invoice, InvoiceLine, Price, Subscription, TaxRate } from '../state/tables.ts';
import { taxIdsOf } from './tax-ids.ts';
import { addedUp, automaticTax, sumsOf, taxesOf } from './tax-rates.ts';
import { discountAmounts, type DiscountAmount } from './discounts.ts';

/** What one line of an invoice charges for. */
export interface LineFacts {
  amount: number;
  /** Null for an amount without a price. */
  quantity: number | null;
  description: string | null;
  period: { start: number; end: number };
  metadata: Record<string, string>;
  discountable: boolean;
  price: Price | null;
  subscription: string | null;
  /** The item of the subscription that it bills, or null. */
  item: string | null;
  /** The invoice item that it came from, or null. */
  invoice_item: string | null;
  proration: boolean;
  /** Rates of its own, in place of those of the invoice. */
  tax_rates?: TaxRate[];
}

export interface InvoiceFacts {
  customer: Customer;
  /** Null for an invoice over invoice items alone. */
  subscription: Subscription | null;
  currency: string;
  collection_method: 'charge_automatically' | 'send_invoice';
  days_until_due: number | null;
  billing_reason: 'manual' | 'subscription_create' | 'subscription_cycle' | 'subscription_update';
  period: { start: number; end: number };
  lines: LineFacts[];
  /** Ids of the discounts that apply to it, in order. */
  discounts: string[];
  /** The rates of lines that have none of their own. */
  tax_rates?: TaxRate[];
  automatic_tax?: boolean;
  /** When Stripe finalizes it by itself; null for an invoice that is finalized at once. */
  finalizes_at: number | null;
  /** False for a draft that stays one until somebody finalizes it; true when absent. */
  auto_advance?: boolean;
}

/** A draft invoice. Nothing is owed yet: `finalize` makes it a demand. */
export function draftInvoice(context: Context, facts: InvoiceFacts): Invoice {
  const { customer, subscription } = facts;
  const id = newId('in');
  const exempt = customer.tax_exempt ?? null;
  const lines = invoiceLines(context, id, { ...facts, exempt });
  const amounts = amountsOf(lines, customer.currency === facts.currency ? customer.balance : 0);
  return {
    id,
    object: 'invoice',
    account_country: 'US',
    account_name: null,
    account_tax_ids: null,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_paid_off_stripe: undefined,
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: facts.auto_advance ?? true,
    automatic_tax: automaticTax(facts.automatic_tax ?? false),
    automatically_finalizes_at: facts.auto_advance === false ? null : facts.finalizes_at,
    billing_reason: facts.billing_reason,
    collection_method: facts.collection_method,
    confirmation_secret: undefined,
    created: context.now,
    currency: facts.currency,
    custom_fields: null,
    customer: customer.id,
    customer_account: null,
    customer_address: customer.address ?? null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    customer_shipping: customer.shipping,
    customer_tax_exempt: customer.tax_exempt ?? null,
    customer_tax_ids: taxIdsOf(context, customer.id).map(({ type, value }) => ({ type, value })),
    default_payment_method: null,
    default_source: null,
    default_tax_rates: facts.tax_rates ?? [],
    deleted: undefined,
    description: null,
    discounts: facts.discounts,
    due_date: facts.days_until_due === null ? null : context.now + facts.days_until_due * 86_400,
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
    parent:
      subscription === null
        ? null
        : {
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
    statement_descriptor: null,
    status: 'draft',
    status_details: undefined,
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    test_clock: customer.test_clock ?? null,
    threshold_reason: undefined,
    webhooks_delivered_at: context.now,
    ...amounts,
  };
}

/** What an invoice comes to, by its lines and the balance that its customer has now (negative is credit). */
export function amountsOf(
  lines: InvoiceLine[],
  balance: number,
): Pick<
  Invoice,
  | 'amount_due'
  | 'amount_remaining'
  | 'starting_balance'
  | 'subtotal'
  | 'subtotal_excluding_tax'
  | 'total'
  | 'total_discount_amounts'
  | 'total_excluding_tax'
  | 'total_pretax_credit_amounts'
  | 'total_taxes'
> {
  const subtotal = lines.reduce((sum, { amount }) => sum + amount, 0);
  const off = new Map<string, number>();
  for (const { amount, discount } of lines.flatMap(({ discount_amounts: amounts }) => amounts ?? []))
    off.set(idOf(discount), (off.get(idOf(discount)) ?? 0) + amount);
  const taxes = addedUp(lines.flatMap(({ taxes: found }) => found ?? []));
  const { exclusive, inclusive } = sumsOf(taxes);
  const total = subtotal - [...off.values()].reduce((sum, amount) => sum + amount, 0) + exclusive;
  const due = Math.max(0, total + balance);
  return {
    amount_due: due,
    amount_remaining: due,
    starting_balance: balance,
    subtotal,
    subtotal_excluding_tax: subtotal - inclusive,
    total,
    total_discount_amounts: [...off].map(([discount, amount]) => ({ amount, discount })),
    total_excluding_tax: total - exclusive - inclusive,
    total_pretax_credit_amounts: [...off].map(([discount, amount]) => ({
      amount,
      discount,
      type: 'discount',
    })),
    total_taxes: taxes,
  };
}

/** The lines of an invoice with what discounts take off each, and the taxes on what is left. */
export function invoiceLines(
  context: Context,
  invoice: string,
  {
    currency,
    discounts,
    exempt,
    lines,
    tax_rates: rates = [],
  }: Pick<InvoiceFacts, 'currency' | 'discounts' | 'lines' | 'tax_rates'> & {
    exempt: Customer['tax_exempt'] | null;
  },
): InvoiceLine[] {
  const off = discountAmounts(
    context,
    discounts,
    currency,
    lines.map(({ amount, discountable, price }) => ({
      amount,
      discountable,
      product: price === null ? null : idOf(price.product),
    })),
  );
  return lines.map((line, index) => {
    const made = invoiceLine(context, { invoice, currency, off: off[index] ?? [] }, line);
    return taxed(
      made,
      line.tax_rates === undefined || line.tax_rates.length === 0 ? rates : line.tax_rates,
      exempt,
    );
  });
}

/** A line with the taxes on what its discounts leave of it. */
export function taxed(
  line: InvoiceLine,
  rates: TaxRate[],
  exempt: Customer['tax_exempt'] | null,
): InvoiceLine {
  const off = (line.discount_amounts ?? []).reduce((sum, { amount }) => sum + amount, 0);
  return { ...line, taxes: taxesOf(line.amount - off, rates, exempt) };
}

function invoiceLine(
  context: Context,
  { invoice, currency, off }: { invoice: string; currency: string; off: DiscountAmount[] },
  line: LineFacts,
): InvoiceLine {
  const { price, quantity } = line;
  return {
    id: newId('il'),
    object: 'line_item',
    amount: line.amount,
    currency,
    description: line.description,
    discount_amounts: off,
    discountable: line.discountable,
    discounts: [],
    invoice,
    livemode: context.livemode,
    metadata: line.metadata,
    parent: parentOf(line),
    period: line.period,
    pretax_credit_amounts: off.map(({ amount, discount }) => ({ amount, discount, type: 'discount' })),
    pricing: {
      ...(price === null ? {} : { price_details: { price: price.id, product: idOf(price.product) } }),
      type: 'price_details',
      unit_amount_decimal: price === null ? Stripe.Decimal.from(line.amount) : price.unit_amount_decimal,
    },
    quantity,
    quantity_decimal: quantity === null ? null : Stripe.Decimal.from(quantity),
    subscription: line.subscription,
    subtotal: line.amount,
    taxes: [],
  };
}

function parentOf({ item, invoice_item, proration, subscription }: LineFacts): InvoiceLine['parent'] {
  const details = proration ? { credited_items: null } : null;
  if (item === null) {
    return {
      invoice_item_details: {
        invoice_item: invoice_item ?? '',
        proration,
        proration_details: details,
        subscription,
      },
      subscription_item_details: null,
      type: 'invoice_item_details',
    };
  }
  return {
    invoice_item_details: null,
    subscription_item_details: {
      invoice_item,
      proration,
      proration_details: details ?? { credited_items: null },
      subscription,
      subscription_item: item,
    },
    type: 'subscription_item_details',
  };
}
