import { money } from '../billing/money.ts';
import type { StripeError } from '../http/errors.ts';
import type { FormRecord } from '../http/form.ts';
import { intentOf, payByRequest } from '../resources/invoice-states.ts';
import { attach, createFromTypedCard } from '../resources/payment-methods.ts';
import type { Context } from '../state/context.ts';
import { idOf } from '../state/listed.ts';
import type { Invoice } from '../state/tables.ts';
import { CARD_INPUTS, typedCard } from './card-form.ts';
import { errorHtml, escapeHtml, pageHtml, type PageAnswer } from './layout.ts';

/** The hosted page of an invoice: its lines, and a card form while it is open. */
export function showInvoice(context: Context, invoice: Invoice): PageAnswer {
  return { status: 200, html: invoiceHtml(context, invoice, null) };
}

/** Pays an open invoice with the card that was typed. */
export function sendInvoice(context: Context, invoice: Invoice, form: FormRecord): PageAnswer {
  const method = attach(
    context,
    createFromTypedCard(context, typedCard(form)).id,
    idOf(invoice.customer ?? ''),
  );
  payByRequest(context, invoice, { method, offSession: false, authenticated: false });
  return { redirect: `${context.baseUrl}/i/${invoice.id}` };
}

/** The page again with why the card was refused; a card that asks its holder leads to the bank's page. */
export function refusedInvoice(context: Context, invoice: Invoice, error: StripeError): PageAnswer {
  if (error.detail.code === 'invoice_payment_intent_requires_action') {
    return { redirect: `${context.baseUrl}/authenticate/${intentOf(context, invoice).id}` };
  }
  return { status: error.status, html: invoiceHtml(context, invoice, error.message) };
}

function invoiceHtml(context: Context, invoice: Invoice, error: string | null): string {
  const lines = invoice.lines.data.map(
    (line) =>
      `<li><span>${escapeHtml(line.description ?? '')}</span><span>${money(line.amount, line.currency)}</span></li>`,
  );
  const form = `<form method="post" action="/i/${invoice.id}">${CARD_INPUTS}<button type="submit">Pay ${money(invoice.amount_remaining, invoice.currency)}</button></form>`;
  return pageHtml(
    `Invoice ${invoice.number ?? ''}`,
    `<main class="narrow"><section class="card">
${context.livemode ? '' : '<span class="note">Test mode: no money moves</span>'}
<h1>Invoice ${escapeHtml(invoice.number ?? '')}</h1>
<p class="amount">${money(invoice.amount_due, invoice.currency)}</p>
<p class="soft">Status: ${escapeHtml(invoice.status ?? '')}</p>
<ul class="lines">${lines.join('')}</ul>
${errorHtml(error)}
${invoice.status === 'open' ? form : ''}
</section></main>`,
  );
}
