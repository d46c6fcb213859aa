import { listOf } from '../http/pagination.ts';
import type { Context } from '../state/context.ts';
import { idOf, idOrNull } from '../state/listed.ts';
import type { Invoice, InvoiceItem, Price, TaxRate } from '../state/tables.ts';
import { discountsOf } from './discounts.ts';
import {
  amountsOf,
  draftInvoice,
  invoiceLines,
  taxed,
  type InvoiceFacts,
  type LineFacts,
} from './invoice-object.ts';

/** The invoice that a rehearsal was after: what would be billed, as a draft. */
export class Rehearsed extends Error {
  readonly draft: Invoice;

  constructor(draft: Invoice) {
    super('This is what would be billed');
    this.draft = draft;
  }
}

type DraftFacts = Omit<InvoiceFacts, 'currency' | 'collection_method' | 'days_until_due' | 'discounts'>;

/** Stores the draft of an invoice of a subscription, with the items that waited for it, and reports it. */
export function recordDraft(
  context: Context,
  facts: DraftFacts & { subscription: NonNullable<DraftFacts['subscription']> },
): Invoice {
  const { subscription } = facts;
  return record(context, {
    ...facts,
    currency: subscription.currency,
    collection_method:
      subscription.collection_method === 'send_invoice' ? 'send_invoice' : 'charge_automatically',
    days_until_due: subscription.days_until_due,
    discounts: discountsOf(subscription),
    tax_rates: subscription.default_tax_rates ?? [],
    automatic_tax: subscription.automatic_tax.enabled,
  });
}

/** Stores a draft over the items that wait for an invoice and the lines given, and reports it. */
export function record(
  context: Context,
  facts: InvoiceFacts,
  { takesItems }: { takesItems: boolean } = { takesItems: true },
): Invoice {
  const waiting = takesItems ? pendingItems(context, facts) : [];
  const lines = [...waiting.map((item) => lineOf(context, item)), ...facts.lines];
  const draft = draftInvoice(context, { ...facts, lines });
  if (context.rehearsing) throw new Rehearsed(draft);
  for (const item of waiting) context.data.put('invoiceitem', { ...item, invoice: draft.id });
  context.data.put('invoice', draft);
  context.emit('invoice.created', draft);
  rememberBilled(context, draft);
  return draft;
}

/** The items of a customer that go on its next invoice: its own, and those of the subscription billed. */
export function pendingItems(
  context: Context,
  { customer, currency, subscription }: Pick<InvoiceFacts, 'customer' | 'currency' | 'subscription'>,
): InvoiceItem[] {
  return context.data.of('invoiceitem', customer.id).filter((item) => {
    const only = item.parent?.subscription_details?.subscription ?? null;
    return (
      item.invoice === null && item.currency === currency && (only === null || only === subscription?.id)
    );
  });
}

/** A draft after one of its items was added, changed or removed. */
export function relined(context: Context, draft: Invoice, changed: InvoiceItem): Invoice {
  const others = draft.lines.data.filter((line) => itemOf(line) !== changed.id);
  const stays = context.data.get('invoiceitem', changed.id) !== undefined;
  const added = stays
    ? invoiceLines(context, draft.id, {
        currency: draft.currency,
        discounts: draft.discounts.map(idOf),
        exempt: draft.customer_tax_exempt,
        tax_rates: draft.default_tax_rates,
        lines: [lineOf(context, changed)],
      })
    : [];
  const lines = [...others, ...added];
  return {
    ...draft,
    lines: listOf(lines, draft.lines.url),
    ...amountsOf(lines, draft.starting_balance),
  };
}

/** A draft with other rates for the lines that have none of their own. */
export function retaxed(context: Context, draft: Invoice, rates: TaxRate[]): Invoice {
  const lines = draft.lines.data.map((line) => {
    const own = context.data.get('invoiceitem', itemOf(line) ?? '')?.tax_rates ?? [];
    return taxed(line, own.length > 0 ? own : rates, draft.customer_tax_exempt);
  });
  return {
    ...draft,
    default_tax_rates: rates,
    lines: listOf(lines, draft.lines.url),
    ...amountsOf(lines, draft.starting_balance),
  };
}

function itemOf({ parent }: Invoice['lines']['data'][number]): string | null {
  return (
    parent?.invoice_item_details?.invoice_item ?? parent?.subscription_item_details?.invoice_item ?? null
  );
}

function lineOf(context: Context, item: InvoiceItem): LineFacts {
  const details = item.parent?.subscription_details;
  return {
    amount: item.amount,
    quantity: item.quantity,
    description: item.description,
    period: item.period,
    metadata: item.metadata ?? {},
    discountable: item.discountable,
    price: priceOf(context, item),
    subscription: details?.subscription ?? null,
    item: details?.subscription_item ?? null,
    invoice_item: item.id,
    proration: item.proration,
    tax_rates: item.tax_rates ?? [],
  };
}

function priceOf(context: Context, item: InvoiceItem): Price | null {
  const id = idOrNull(item.pricing?.price_details?.price);
  return id === null ? null : context.find('price', id);
}

/** What each item's period was billed at, so that unused time is credited as it was paid. */
function rememberBilled(context: Context, draft: Invoice): void {
  for (const line of draft.lines.data) {
    const details = line.parent?.subscription_item_details;
    if (details === null || details === undefined || details.invoice_item !== null) continue;
    const off = (line.discount_amounts ?? []).reduce((sum, { amount }) => sum + amount, 0);
    context.data.put('_billed', {
      id: details.subscription_item,
      amount: line.amount - off,
      start: line.period.start,
    });
  }
}
