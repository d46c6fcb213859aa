import { List } from '../core/pagination.ts';
import type { RequestOptions, WriteOptions } from '../core/request-options.ts';
import type { Body, Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type Invoice = components['schemas']['Invoice'];
export type InvoiceSummary = components['schemas']['InvoiceSummary'];
export type PaymentOutcome = components['schemas']['PaymentOutcome'];
export type InvoicePay = Body<'/api/v1/invoices/{id}/pay', 'post'>;
export type CreditNote = components['schemas']['CreditNote'];
export type CreditNoteCreate = Body<'/api/v1/invoices/{id}/credit-notes', 'post'>;
export type Refund = components['schemas']['Refund'];
export type RefundCreate = Body<'/api/v1/invoices/{id}/refund', 'post'>;
export type RefundQuery = Query<'/api/v1/refunds', 'get'>;
export type InvoiceMarkPaid = Body<'/api/v1/invoices/{id}/mark-paid', 'post'>;
export type InvoiceQuery = Query<'/api/v1/invoices', 'get'>;

/** What customers were asked for, and how it was paid. */
export class Invoices {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The newest first, without their lines. */
  list(query: InvoiceQuery = {}, options?: RequestOptions): List<InvoiceSummary> {
    return new List((cursor = query.cursor) =>
      this.#transport.call('get', '/api/v1/invoices', { query: { ...query, cursor } }, options),
    );
  }

  /** With lines, payments, credit notes and refunds. Throws a NotFoundError when there is none. */
  retrieve(id: string, options?: RequestOptions): Promise<Invoice> {
    return this.#transport.call('get', '/api/v1/invoices/{id}', { path: { id } }, options);
  }

  /** Charges it now. A declined card is an outcome, it does not throw; `unknown` is found out by itself. */
  pay(id: string, body: InvoicePay = {}, options?: WriteOptions): Promise<PaymentOutcome> {
    return this.#transport.call('post', '/api/v1/invoices/{id}/pay', { path: { id }, body }, options);
  }

  /** Takes an open invoice back, for good. */
  void(id: string, options?: WriteOptions): Promise<Invoice> {
    return this.#transport.call('post', '/api/v1/invoices/{id}/void', { path: { id } }, options);
  }

  /** Lets an invoice go that was held back (`parked_at`): it is right, and is issued and charged. */
  release(id: string, options?: WriteOptions): Promise<Invoice> {
    return this.#transport.call('post', '/api/v1/invoices/{id}/release', { path: { id } }, options);
  }

  /** Gives an open invoice up. */
  markUncollectible(id: string, options?: WriteOptions): Promise<Invoice> {
    return this.#transport.call(
      'post',
      '/api/v1/invoices/{id}/mark-uncollectible',
      { path: { id } },
      options,
    );
  }

  /** Takes back some of it, as an entry of its own: less is due, or the customer gets credit or money back. */
  createCreditNote(id: string, body: CreditNoteCreate, options?: WriteOptions): Promise<CreditNote> {
    return this.#transport.call(
      'post',
      '/api/v1/invoices/{id}/credit-notes',
      { path: { id }, body },
      options,
    );
  }

  /** Takes a credit note back that was wrong, of an invoice that BillingOS wrote. */
  voidCreditNote(id: string, options?: WriteOptions): Promise<CreditNote> {
    return this.#transport.call('post', '/api/v1/credit-notes/{id}/void', { path: { id } }, options);
  }

  /** Gives back what a card paid, all that is left or an amount. */
  refund(id: string, body: RefundCreate = {}, options?: WriteOptions): Promise<Refund> {
    return this.#transport.call('post', '/api/v1/invoices/{id}/refund', { path: { id }, body }, options);
  }

  /** The newest first. */
  listRefunds(query: RefundQuery = {}, options?: RequestOptions): List<Refund> {
    return new List((cursor = query.cursor) =>
      this.#transport.call('get', '/api/v1/refunds', { query: { ...query, cursor } }, options),
    );
  }

  /** Notes that the money for an invoice that BillingOS wrote came. */
  markPaid(id: string, body: InvoiceMarkPaid = {}, options?: WriteOptions): Promise<Invoice> {
    return this.#transport.call('post', '/api/v1/invoices/{id}/mark-paid', { path: { id }, body }, options);
  }
}
