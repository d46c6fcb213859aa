import Stripe from 'stripe';
import { lineAmount } from '../billing/line-amount.ts';
import { invalid } from '../http/errors.ts';
import { page, pageFields, within } from '../http/pagination.ts';
import {
  decimal,
  flag,
  mergedMetadata,
  metadata,
  range,
  required,
  shape,
  text,
  whole,
  type Params,
} from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { newId } from '../state/ids.ts';
import { idOf, idOrNull } from '../state/listed.ts';
import type { Invoice, InvoiceItem, Price, TaxRate } from '../state/tables.ts';
import { ratesOf, taxRatesField } from './tax-rates.ts';
import { relined } from './draft-invoices.ts';

const fields = {
  amount: whole,
  description: text,
  discountable: flag,
  metadata,
  period: shape({ start: required(whole), end: required(whole) }),
};
const createFields = {
  ...fields,
  currency: text,
  customer: required(text),
  invoice: text,
  price: text,
  pricing: shape({ price: required(text) }),
  quantity: whole,
  subscription: text,
  tax_rates: taxRatesField,
  unit_amount_decimal: decimal,
};

/** Charges and credits that wait for an invoice, or are put on a draft. */
export const invoiceItemRoutes = [
  route('POST', '/v1/invoiceitems', createFields, (context, params) => createInvoiceItem(context, params)),
  route(
    'GET',
    '/v1/invoiceitems',
    { ...pageFields, created: range, customer: text, invoice: text, pending: flag },
    ({ data }, params) =>
      page(
        data.all('invoiceitem'),
        params,
        '/v1/invoiceitems',
        (item) =>
          (params.customer === undefined || item.customer === params.customer) &&
          (params.invoice === undefined || item.invoice === params.invoice) &&
          (params.pending === undefined || (item.invoice === null) === params.pending) &&
          within(item.date, params.created),
      ),
  ),
  route('GET', '/v1/invoiceitems/:id', {}, (context, _params, { id }) => context.find('invoiceitem', id)),
  route('POST', '/v1/invoiceitems/:id', fields, (context, params, { id }) => {
    const before = changeable(context, id);
    const after: InvoiceItem = {
      ...before,
      amount: params.amount ?? before.amount,
      net_amount: params.amount ?? before.net_amount,
      description: params.description ?? before.description,
      discountable: params.discountable ?? before.discountable,
      metadata: mergedMetadata(before.metadata, params.metadata),
      period: params.period ?? before.period,
    };
    context.data.put('invoiceitem', after);
    relineInvoice(context, after);
    return after;
  }),
  route('DELETE', '/v1/invoiceitems/:id', {}, (context, _params, { id }) => {
    const item = changeable(context, id);
    context.data.remove('invoiceitem', id);
    relineInvoice(context, item);
    context.emit('invoiceitem.deleted', item);
    return { id, object: 'invoiceitem', deleted: true };
  }),
];

/** What an invoice item is made of. Amounts in minor units, of either sign. */
export interface ItemFacts {
  customer: string;
  currency: string;
  amount: number;
  description: string | null;
  discountable: boolean;
  invoice: string | null;
  metadata: Record<string, string>;
  period: { start: number; end: number };
  price: Price | null;
  proration: boolean;
  quantity: number;
  subscription: string | null;
  subscription_item: string | null;
  tax_rates?: TaxRate[];
}

/** Stores an item that waits for an invoice, and reports it. */
export function recordItem(context: Context, facts: ItemFacts): InvoiceItem {
  const { price, subscription, subscription_item: part } = facts;
  const item: InvoiceItem = {
    id: newId('ii'),
    object: 'invoiceitem',
    amount: facts.amount,
    currency: facts.currency,
    customer: facts.customer,
    customer_account: null,
    date: context.now,
    deleted: undefined,
    description: facts.description,
    discountable: facts.discountable,
    discounts: [],
    frozen_fields: undefined,
    invoice: facts.invoice,
    invoicing_rules: undefined,
    livemode: context.livemode,
    metadata: facts.metadata,
    net_amount: facts.amount,
    parent:
      subscription === null
        ? null
        : {
            subscription_details: { subscription, ...(part === null ? {} : { subscription_item: part }) },
            type: 'subscription_details',
          },
    period: facts.period,
    pricing:
      price === null
        ? {
            type: 'price_details',
            unit_amount_decimal: Stripe.Decimal.from(facts.amount),
          }
        : {
            price_details: { price: price.id, product: idOf(price.product) },
            type: 'price_details',
            unit_amount_decimal: price.unit_amount_decimal,
          },
    proration: facts.proration,
    proration_details: facts.proration ? { credited_items: null, discount_amounts: [] } : undefined,
    quantity: facts.quantity,
    quantity_decimal: Stripe.Decimal.from(facts.quantity),
    tax_rates: facts.tax_rates ?? [],
    test_clock: context.find('customer', facts.customer, 'customer').test_clock ?? null,
  };
  context.data.put('invoiceitem', item);
  context.emit('invoiceitem.created', item);
  return item;
}

/** Makes an item as a request asks for it; one with an `invoice` goes on that draft at once. */
export function createInvoiceItem(context: Context, params: Params<typeof createFields>): InvoiceItem {
  const customer = context.find('customer', params.customer, 'customer');
  const priceId = params.pricing?.price ?? params.price;
  const price = priceId === undefined ? null : context.find('price', priceId, 'price');
  const invoice = params.invoice === undefined ? null : editableDraft(context, params.invoice);
  const currency = price?.currency ?? params.currency?.toLowerCase() ?? customer.currency ?? null;
  if (currency === null) throw invalid('Missing required param: currency.', 'currency', 'parameter_missing');
  const quantity = params.quantity ?? 1;
  const amount = params.amount ?? amountOf(context, price, params.unit_amount_decimal, quantity);
  const item = recordItem(context, {
    customer: customer.id,
    currency,
    amount,
    description: params.description ?? nameOf(context, price),
    discountable: params.discountable ?? amount > 0,
    invoice: invoice?.id ?? null,
    metadata: mergedMetadata(null, params.metadata),
    period: params.period ?? { start: context.now, end: context.now },
    price,
    proration: false,
    quantity,
    subscription:
      params.subscription === undefined
        ? null
        : context.find('subscription', params.subscription, 'subscription').id,
    subscription_item: null,
    tax_rates: ratesOf(context, params.tax_rates, 'tax_rates'),
  });
  relineInvoice(context, item);
  return item;
}

function amountOf(context: Context, price: Price | null, unit: string | undefined, quantity: number): number {
  if (price !== null)
    return lineAmount({ ...price, tiers: context.data.get('_price_detail', price.id)?.tiers }, quantity);
  if (unit === undefined)
    throw invalid('You must pass one of `amount`, `pricing` or `unit_amount_decimal`.', 'amount');
  const rule = { tiers: undefined, tiers_mode: null, transform_quantity: null };
  return lineAmount({ ...rule, unit_amount_decimal: Stripe.Decimal.from(unit) }, quantity);
}

function nameOf(context: Context, price: Price | null): string | null {
  return price === null ? null : (context.data.get('product', idOf(price.product))?.name ?? null);
}

function changeable(context: Context, id: string): InvoiceItem {
  const item = context.find('invoiceitem', id);
  const invoice = idOrNull(item.invoice);
  if (invoice !== null) editableDraft(context, invoice);
  return item;
}

function editableDraft(context: Context, id: string): Invoice {
  const invoice = context.find('invoice', id, 'invoice');
  if (invoice.status !== 'draft')
    throw invalid('This invoice is no longer editable.', 'invoice', 'invoice_not_editable');
  return invoice;
}

/** Brings the draft an item is on in line with it. */
function relineInvoice(context: Context, item: InvoiceItem): void {
  const id = idOrNull(item.invoice);
  if (id === null) return;
  const before = context.find('invoice', id);
  const after = relined(context, before, item);
  context.data.put('invoice', after);
  context.emitUpdate('invoice.updated', before, after);
}
