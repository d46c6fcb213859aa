import { share } from '../billing/proration.ts';
import { invalid } from '../http/errors.ts';
import { listOf, page, pageFields, within } from '../http/pagination.ts';
import {
  list,
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
import { newId } from '../state/ids.ts';
import { idOf, idOrNull } from '../state/listed.ts';
import type { CreditNote, CreditNoteLine, Invoice } from '../state/tables.ts';
import { moveBalance } from './customer-balance.ts';
import { lowerDue, paymentsOf } from './invoice-states.ts';
import { refund } from './refunds.ts';
import { addedUp, sumsOf, taxesOf } from './tax-rates.ts';

const createFields = {
  amount: whole,
  credit_amount: whole,
  invoice: required(text),
  lines: list(
    shape({
      amount: whole,
      description: text,
      invoice_line_item: text,
      quantity: whole,
      type: required(oneOf('custom_line_item', 'invoice_line_item')),
      unit_amount: whole,
    }),
  ),
  memo: text,
  metadata,
  out_of_band_amount: whole,
  reason: oneOf('duplicate', 'fraudulent', 'order_change', 'product_unsatisfactory'),
  refund_amount: whole,
};
type Sent = Params<typeof createFields>;

/** What lowers an invoice after it was finalized: what is still due, or by money or credit given back. */
export const creditNoteRoutes = [
  route('POST', '/v1/credit_notes', createFields, (context, params) => issue(context, params)),
  route('GET', '/v1/credit_notes/preview', createFields, (context, params) => draftNote(context, params)),
  route(
    'GET',
    '/v1/credit_notes',
    { ...pageFields, created: range, customer: text, invoice: text },
    ({ data }, params) =>
      page(
        data.all('credit_note'),
        params,
        '/v1/credit_notes',
        (note) =>
          (params.customer === undefined || note.customer === params.customer) &&
          (params.invoice === undefined || note.invoice === params.invoice) &&
          within(note.created, params.created),
      ),
  ),
  route('GET', '/v1/credit_notes/:id', {}, (context, _params, { id }) => context.find('credit_note', id)),
  route('POST', '/v1/credit_notes/:id/void', {}, (context, _params, { id }) => {
    const note = context.find('credit_note', id);
    if (note.status === 'void' || note.post_payment_amount > 0)
      throw invalid('Only a credit note of an unpaid invoice can be voided, once.', 'id');
    lowerDue(context, context.find('invoice', idOf(note.invoice)), -note.amount);
    const voided: CreditNote = { ...note, status: 'void', voided_at: context.now };
    context.data.put('credit_note', voided);
    context.emit('credit_note.voided', voided);
    return voided;
  }),
];

function issue(context: Context, params: Sent): CreditNote {
  const invoice = context.find('invoice', params.invoice, 'invoice');
  const draft = draftNote(context, params);
  const customer = idOf(draft.customer);
  const credit = params.credit_amount ?? 0;
  const moved =
    draft.post_payment_amount === 0 || credit === 0
      ? null
      : moveBalance(context, customer, {
          amount: -credit,
          currency: invoice.currency,
          type: 'credit_note',
          credit_note: draft.id,
          invoice: invoice.id,
        }).id;
  const note: CreditNote = {
    ...draft,
    customer_balance_transaction: moved,
    refunds: refunded(context, invoice, params.refund_amount ?? 0),
  };
  context.data.put('credit_note', note);
  context.emit('credit_note.created', note);
  if (note.pre_payment_amount > 0) lowerDue(context, invoice, note.pre_payment_amount);
  else {
    const before = context.find('invoice', invoice.id);
    const amount = before.post_payment_credit_notes_amount + note.post_payment_amount;
    const after: Invoice = { ...before, post_payment_credit_notes_amount: amount };
    context.data.put('invoice', after);
    context.emitUpdate('invoice.updated', before, after);
  }
  return note;
}

function refunded(context: Context, invoice: Invoice, amount: number): CreditNote['refunds'] {
  if (amount === 0) return [];
  const [payment] = paymentsOf(context, invoice.id);
  const intent = context.data.get('payment_intent', idOrNull(payment?.payment.payment_intent) ?? '');
  const charge = context.find('charge', idOrNull(intent?.latest_charge) ?? '', 'refund_amount');
  const made = refund(context, charge, { amount });
  return [{ amount_refunded: amount, payment_record_refund: null, refund: made.id, type: 'refund' }];
}

/** The note as it would be issued. A paid invoice must say where the money goes. */
function draftNote(context: Context, params: Sent): CreditNote {
  const invoice = context.find('invoice', params.invoice, 'invoice');
  if (invoice.status !== 'open' && invoice.status !== 'paid')
    throw invalid('You can only create a credit note for an open or paid invoice.', 'invoice');
  const lines = noteLines(context, invoice, params);
  const taxes = addedUp(lines.flatMap((line) => line.taxes ?? []));
  const { exclusive, inclusive } = sumsOf(taxes);
  const amount = lines.reduce((sum, line) => sum + line.amount - line.discount_amount, exclusive);
  if (amount < 1) throw invalid('The credit note amount must be at least 1.', 'amount');
  const paid = invoice.status === 'paid';
  const given = (params.credit_amount ?? 0) + (params.refund_amount ?? 0) + (params.out_of_band_amount ?? 0);
  if (paid && given !== amount) {
    throw invalid(
      'The sum of credit amount, refund amount and out of band amount must equal the post payment credit note amount.',
      'amount',
    );
  }
  const left = paid
    ? invoice.total - invoice.post_payment_credit_notes_amount - invoice.pre_payment_credit_notes_amount
    : invoice.amount_remaining;
  if (amount > left) throw invalid(`The credit note amount may be at most ${left}.`, 'amount');
  const id = newId('cn');
  const count = [...context.data.all('credit_note')].filter((note) => note.invoice === invoice.id).length;
  return {
    id,
    object: 'credit_note',
    amount,
    amount_shipping: 0,
    created: context.now,
    currency: invoice.currency,
    customer: idOrNull(invoice.customer) ?? '',
    customer_account: null,
    customer_balance_transaction: null,
    discount_amount: lines.reduce((sum, line) => sum + line.discount_amount, 0),
    discount_amounts: lines.flatMap((line) => line.discount_amounts),
    effective_at: context.now,
    invoice: invoice.id,
    lines: listOf(lines, `/v1/credit_notes/${id}/lines`),
    livemode: context.livemode,
    memo: params.memo ?? null,
    metadata: mergedMetadata(null, params.metadata),
    number: `${invoice.number}-CN-${String(count + 1).padStart(2, '0')}`,
    out_of_band_amount: params.out_of_band_amount ?? null,
    pdf: `${context.baseUrl}/i/${invoice.id}`,
    post_payment_amount: paid ? amount : 0,
    pre_payment_amount: paid ? 0 : amount,
    pretax_credit_amounts: [],
    reason: params.reason ?? null,
    refunds: [],
    shipping_cost: null,
    status: 'issued',
    subtotal: lines.reduce((sum, line) => sum + line.amount, 0),
    subtotal_excluding_tax: lines.reduce((sum, line) => sum + line.amount, -inclusive),
    total: amount,
    total_excluding_tax: amount - exclusive - inclusive,
    total_taxes: taxes,
    type: paid ? 'post_payment' : 'pre_payment',
    voided_at: null,
  };
}

function noteLines(context: Context, invoice: Invoice, params: Sent): CreditNoteLine[] {
  if (params.lines === undefined) {
    const amount =
      params.amount ??
      (params.credit_amount ?? 0) + (params.refund_amount ?? 0) + (params.out_of_band_amount ?? 0);
    return [noteLine(context, { amount, description: 'Credit', quantity: 1, line: undefined, off: [] })];
  }
  return params.lines.map((sent) => {
    if (sent.type === 'custom_line_item') {
      const quantity = sent.quantity ?? 1;
      const amount = sent.amount ?? (sent.unit_amount ?? 0) * quantity;
      return noteLine(context, {
        amount,
        description: sent.description ?? null,
        quantity,
        line: undefined,
        off: [],
      });
    }
    const line = invoice.lines.data.find(({ id }) => id === sent.invoice_line_item);
    if (line === undefined)
      throw invalid('No such invoice line item', 'lines[0][invoice_line_item]', 'resource_missing');
    const sold = line.quantity ?? 1;
    const quantity = sent.quantity ?? sold;
    const amount = sent.amount ?? share(line.amount, quantity, sold);
    const off = (line.discount_amounts ?? []).map((part) => ({
      ...part,
      amount: line.amount === 0 ? 0 : share(part.amount, amount, line.amount),
    }));
    const net = amount - off.reduce((sum, part) => sum + part.amount, 0);
    const rates = (line.taxes ?? [])
      .filter(({ taxability_reason: reason }) => reason === 'standard_rated')
      .flatMap(
        ({ tax_rate_details: details }) => context.data.get('tax_rate', details?.tax_rate ?? '') ?? [],
      );
    const taxes = taxesOf(net, rates, null);
    return noteLine(context, { amount, description: line.description, quantity, line: line.id, off, taxes });
  });
}

function noteLine(
  context: Context,
  facts: {
    amount: number;
    description: string | null;
    quantity: number;
    line: string | undefined;
    off: CreditNoteLine['discount_amounts'];
    taxes?: CreditNoteLine['taxes'];
  },
): CreditNoteLine {
  return {
    id: newId('cnli'),
    object: 'credit_note_line_item',
    amount: facts.amount,
    description: facts.description,
    discount_amount: facts.off.reduce((sum, { amount }) => sum + amount, 0),
    discount_amounts: facts.off,
    invoice_line_item: facts.line,
    livemode: context.livemode,
    metadata: {},
    pretax_credit_amounts: [],
    quantity: facts.quantity,
    tax_rates: (facts.taxes ?? []).flatMap(
      ({ tax_rate_details: details }) => context.data.get('tax_rate', details?.tax_rate ?? '') ?? [],
    ),
    taxes: facts.taxes ?? [],
    type: facts.line === undefined ? 'custom_line_item' : 'invoice_line_item',
    unit_amount: null,
    unit_amount_decimal: null,
  };
}
