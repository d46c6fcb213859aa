import { List } from '../core/pagination.ts';
import type { RequestOptions, WriteOptions } from '../core/request-options.ts';
import type { Body, Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type Invoice = components['schemas']['Invoice'];
export type InvoiceSummary = components['schemas']['InvoiceSummary'];
export type PaymentOutcome = components['schemas']['PaymentOutcome'];
export type InvoicePay = Body<'/api/v1/invoices/{id}/pay', 'post'>;
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

  /** Gives an open invoice up. */
  markUncollectible(id: string, options?: WriteOptions): Promise<Invoice> {
    return this.#transport.call(
      'post',
      '/api/v1/invoices/{id}/mark-uncollectible',
      { path: { id } },
      options,
    );
  }
}
