import { List } from '../core/pagination.ts';
import type { RequestOptions, WriteOptions } from '../core/request-options.ts';
import type { Body, Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type Customer = components['schemas']['Customer'];
export type CustomerCreate = Body<'/api/v1/customers', 'post'>;
export type CustomerUpdate = Body<'/api/v1/customers/{id}', 'patch'>;
export type CustomerPrice = components['schemas']['CustomerPrice'];
export type CustomerPriceList = components['schemas']['CustomerPriceList'];
export type CustomerPriceCreate = Body<'/api/v1/customers/{id}/prices', 'post'>;
export type CustomerBalance = components['schemas']['CustomerBalance'];
export type CustomerBalanceAdjust = Body<'/api/v1/customers/{id}/balance', 'post'>;
export type CustomerSpendCap = components['schemas']['CustomerSpendCap'];
export type CustomerSpendCapSet = Body<'/api/v1/customers/{id}/spend-cap', 'put'>;
export type CustomerQuery = Query<'/api/v1/customers', 'get'>;

/** Your customers. Wherever one is named, your own id of it serves as well as ours. */
export class Customers {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The newest first. `limit` is the size of a page, `search` a part of a name, e-mail address or external id. */
  list(query: CustomerQuery = {}, options?: RequestOptions): List<Customer> {
    return new List((cursor = query.cursor) =>
      this.#transport.call('get', '/api/v1/customers', { query: { ...query, cursor } }, options),
    );
  }

  /** Throws a ConflictError `external_id_taken` when another customer has the external id. */
  create(body: CustomerCreate, options?: WriteOptions): Promise<Customer> {
    return this.#transport.call('post', '/api/v1/customers', { body }, options);
  }

  /** By our id or your own. Throws a NotFoundError when there is none. */
  retrieve(id: string, options?: RequestOptions): Promise<Customer> {
    return this.#transport.call('get', '/api/v1/customers/{id}', { path: { id } }, options);
  }

  /** Changes the fields that the body names, and no others. `metadata` is replaced as a whole. */
  update(id: string, body: CustomerUpdate, options?: RequestOptions): Promise<Customer> {
    return this.#transport.call('patch', '/api/v1/customers/{id}', { path: { id }, body }, options);
  }

  /** The prices that the customer has instead of those of plans. */
  listPrices(id: string, options?: RequestOptions): Promise<CustomerPriceList> {
    return this.#transport.call('get', '/api/v1/customers/{id}/prices', { path: { id } }, options);
  }

  /** Gives the customer a price of their own: `{ price: 'price_…', amount: 1500 }` instead of what everybody else pays. */
  createPrice(id: string, body: CustomerPriceCreate, options?: WriteOptions): Promise<CustomerPrice> {
    return this.#transport.call('post', '/api/v1/customers/{id}/prices', { path: { id }, body }, options);
  }

  /** Ends a price of their own for what they buy from now on. A running subscription keeps it. */
  archivePrice(id: string, priceId: string, options?: RequestOptions): Promise<CustomerPrice> {
    return this.#transport.call(
      'delete',
      '/api/v1/customers/{id}/prices/{price_id}',
      { path: { id, price_id: priceId } },
      options,
    );
  }

  /** The credit that the next invoices use, and every entry that it is made of. */
  retrieveBalance(id: string, options?: RequestOptions): Promise<CustomerBalance> {
    return this.#transport.call('get', '/api/v1/customers/{id}/balance', { path: { id } }, options);
  }

  /** Gives credit (positive), or takes some (negative). */
  adjustBalance(id: string, body: CustomerBalanceAdjust, options?: WriteOptions): Promise<CustomerBalance> {
    return this.#transport.call('post', '/api/v1/customers/{id}/balance', { path: { id }, body }, options);
  }

  /** The caps on what metered use may cost, and what was spent under each in the billing period so far. */
  retrieveSpendCap(id: string, options?: RequestOptions): Promise<CustomerSpendCap> {
    return this.#transport.call('get', '/api/v1/customers/{id}/spend-cap', { path: { id } }, options);
  }

  /** Caps what metered use may cost in a billing period, in place of the plan's cap; `amount: null` lifts it. */
  setSpendCap(id: string, body: CustomerSpendCapSet, options?: RequestOptions): Promise<CustomerSpendCap> {
    return this.#transport.call('put', '/api/v1/customers/{id}/spend-cap', { path: { id }, body }, options);
  }

  /** Takes the customer's own cap away: the plan's holds again. */
  removeSpendCap(id: string, options?: RequestOptions): Promise<CustomerSpendCap> {
    return this.#transport.call('delete', '/api/v1/customers/{id}/spend-cap', { path: { id } }, options);
  }
}
