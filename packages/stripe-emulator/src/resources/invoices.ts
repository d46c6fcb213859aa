import { invalid } from '../http/errors.ts';
import { page, pageFields, within } from '../http/pagination.ts';
import {
  clearable,
  flag,
  mergedMetadata,
  metadata,
  oneOf,
  range,
  required,
  shape,
  text,
  whole,
  type Params,
} from '../http/params.ts';
import { route } from '../http/route.ts';
import type { Context } from '../state/context.ts';
import { idOrNull } from '../state/listed.ts';
import type { Invoice } from '../state/tables.ts';
import {
  close,
  finalize,
  payable,
  payByRequest,
  settlePaid,
  subscriptionIdOf,
  voidInvoice,
} from './invoice-states.ts';
import { record, retaxed } from './draft-invoices.ts';
import { previewFields, previewInvoice } from './preview.ts';
import { resolvePaymentMethod } from './payment-methods.ts';
import { automaticTaxField, ratesOf, taxRatesField } from './tax-rates.ts';

const listFields = {
  ...pageFields,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  created: range,
  customer: text,
  due_date: range,
  status: oneOf('draft', 'open', 'paid', 'uncollectible', 'void'),
  subscription: text,
};
const createFields = {
  auto_advance: flag,
  automatic_tax: automaticTaxField,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  currency: text,
  customer: required(text),
  days_until_due: whole,
  default_tax_rates: taxRatesField,
  description: text,
  metadata,
  pending_invoice_items_behavior: oneOf('exclude', 'include'),
};
const updateFields = {
  auto_advance: flag,
  default_tax_rates: taxRatesField,
  description: clearable(text),
  metadata,
};
const payFields = { off_session: flag, paid_out_of_band: flag, payment_method: text };
const paymentListFields = {
  ...pageFields,
  invoice: text,
  payment: shape({ payment_intent: text, type: required(oneOf('payment_intent')) }),
  status: oneOf('canceled', 'open', 'paid'),
};

/** As with renewals, a draft that advances by itself is open to changes for an hour. */
const DRAFT_SECONDS = 3600;

export const invoiceRoutes = [
  route('GET', '/v1/invoices', listFields, ({ data }, params) =>
    page(
      data.all('invoice'),
      params,
      '/v1/invoices',
      (invoice) =>
        (params.collection_method === undefined || invoice.collection_method === params.collection_method) &&
        (params.customer === undefined || invoice.customer === params.customer) &&
        (params.status === undefined || invoice.status === params.status) &&
        (params.subscription === undefined || subscriptionIdOf(invoice) === params.subscription) &&
        (params.due_date === undefined ||
          (invoice.due_date !== null && within(invoice.due_date, params.due_date))) &&
        within(invoice.created, params.created),
    ),
  ),
  route('POST', '/v1/invoices', createFields, (context, params) => createInvoice(context, params)),
  route('POST', '/v1/invoices/create_preview', previewFields, (context, params) =>
    previewInvoice(context, params),
  ),
  route('DELETE', '/v1/invoices/:id', {}, (context, _params, { id }) => deleteDraft(context, id)),
  route('GET', '/v1/invoices/:id', {}, (context, _params, { id }) => context.find('invoice', id)),
  route('POST', '/v1/invoices/:id', updateFields, (context, params, { id }) => {
    const before = context.find('invoice', id);
    const { default_tax_rates: rates, description } = params;
    if ((rates !== undefined || description !== undefined) && before.status !== 'draft')
      throw invalid('Finalized invoices can no longer be changed like this.', 'id', 'invoice_not_editable');
    const after: Invoice = {
      ...(rates === undefined
        ? before
        : retaxed(context, before, ratesOf(context, rates, 'default_tax_rates'))),
      auto_advance: params.auto_advance ?? before.auto_advance,
      description: description === undefined ? before.description : description,
      metadata: mergedMetadata(before.metadata, params.metadata),
    };
    context.data.put('invoice', after);
    context.emitUpdate('invoice.updated', before, after);
    return after;
  }),
  route('GET', '/v1/invoices/:id/lines', pageFields, (context, params, { id }) =>
    page([...context.find('invoice', id).lines.data].reverse(), params, `/v1/invoices/${id}/lines`),
  ),
  route('POST', '/v1/invoices/:id/finalize', { auto_advance: flag }, (context, params, { id }) => {
    const invoice = context.find('invoice', id);
    if (invoice.status !== 'draft')
      throw invalid("This invoice is already finalized, you can't re-finalize it.", 'id');
    return finalizeByRequest(context, invoice, params.auto_advance ?? invoice.auto_advance ?? false);
  }),
  route('POST', '/v1/invoices/:id/pay', payFields, (context, params, { id }) => {
    const found = context.find('invoice', id);
    const invoice = found.status === 'draft' ? finalize(context, found) : found;
    if (params.paid_out_of_band === true) return settlePaid(context, payable(invoice), { outOfBand: true });
    const method =
      params.payment_method === undefined
        ? undefined
        : resolvePaymentMethod(context, params.payment_method, 'payment_method');
    return payByRequest(context, invoice, {
      method,
      offSession: params.off_session ?? false,
      authenticated: false,
    });
  }),
  route('POST', '/v1/invoices/:id/void', {}, (context, _params, { id }) =>
    voidInvoice(context, context.find('invoice', id)),
  ),
  route('POST', '/v1/invoices/:id/mark_uncollectible', {}, (context, _params, { id }) => {
    const invoice = payable(context.find('invoice', id));
    return close(
      context,
      invoice,
      'uncollectible',
      { marked_uncollectible_at: context.now },
      'invoice.marked_uncollectible',
    );
  }),
  route('GET', '/v1/invoice_payments', paymentListFields, ({ data }, params) =>
    page(
      data.all('invoice_payment'),
      params,
      '/v1/invoice_payments',
      (payment) =>
        (params.invoice === undefined || payment.invoice === params.invoice) &&
        (params.status === undefined || payment.status === params.status) &&
        (params.payment?.payment_intent === undefined ||
          idOrNull(payment.payment.payment_intent) === params.payment.payment_intent),
    ),
  ),
  route('GET', '/v1/invoice_payments/:id', {}, (context, _params, { id }) =>
    context.find('invoice_payment', id),
  ),
];

/** A draft that no subscription asked for; `include` puts the items that wait for an invoice on it. */
function createInvoice(context: Context, params: Params<typeof createFields>): Invoice {
  const customer = context.find('customer', params.customer, 'customer');
  const takes = params.pending_invoice_items_behavior === 'include';
  const collection = params.collection_method ?? 'charge_automatically';
  if (collection === 'send_invoice' && params.days_until_due === undefined)
    throw invalid('You must specify `days_until_due` for `send_invoice`.', 'days_until_due');
  const advances = params.auto_advance ?? false;
  const draft = record(
    context,
    {
      customer,
      subscription: null,
      currency: params.currency?.toLowerCase() ?? customer.currency ?? 'usd',
      collection_method: collection,
      days_until_due: params.days_until_due ?? null,
      billing_reason: 'manual',
      period: { start: context.now, end: context.now },
      lines: [],
      discounts: [],
      tax_rates: ratesOf(context, params.default_tax_rates, 'default_tax_rates'),
      automatic_tax: params.automatic_tax?.enabled ?? false,
      finalizes_at: advances ? context.now + DRAFT_SECONDS : null,
      auto_advance: advances,
    },
    { takesItems: takes },
  );
  const described: Invoice = {
    ...draft,
    description: params.description ?? null,
    metadata: mergedMetadata(null, params.metadata),
  };
  context.data.put('invoice', described);
  return described;
}

/** Charged within the hour where it goes on by itself. */
function finalizeByRequest(context: Context, draft: Invoice, advances: boolean): Invoice {
  const invoice = finalize(context, draft);
  if (invoice.status !== 'open') return invoice;
  const isCharged = advances && invoice.collection_method === 'charge_automatically';
  const after: Invoice = {
    ...invoice,
    auto_advance: advances,
    next_payment_attempt: isCharged ? context.now + DRAFT_SECONDS : null,
  };
  context.data.put('invoice', after);
  return after;
}

function deleteDraft(context: Context, id: string): object {
  const draft = context.find('invoice', id);
  if (draft.status !== 'draft' || draft.billing_reason !== 'manual')
    throw invalid('You can only delete draft invoices that no subscription made.', 'id');
  for (const item of [...context.data.all('invoiceitem')])
    if (item.invoice === id) context.data.remove('invoiceitem', item.id);
  context.data.remove('invoice', id);
  context.emit('invoice.deleted', draft);
  return { id, object: 'invoice', deleted: true };
}
