import { List } from '../core/pagination.ts';
import type { RequestOptions, WriteOptions } from '../core/request-options.ts';
import type { Body, Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type CreditBalance = components['schemas']['CreditBalance'];
export type CreditGrant = components['schemas']['CreditGrant'];
export type CreditGrantCreate = Body<'/api/v1/customers/{id}/credits/grants', 'post'>;
export type CreditGrantQuery = Query<'/api/v1/customers/{id}/credits/grants', 'get'>;
export type CreditEntry = components['schemas']['CreditEntry'];
export type CreditEntryQuery = Query<'/api/v1/customers/{id}/credits/entries', 'get'>;

/** Credits that customers have in advance. They pay for use beyond the direct limit of features with a credit cost. */
export class Credits {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** How many credits a customer has, what is lost next, and what subscriptions grant anew. */
  balance(customer: string, options?: RequestOptions): Promise<CreditBalance> {
    return this.#transport.call('get', '/api/v1/customers/{id}/credits', { path: { id: customer } }, options);
  }

  /** `{ low_at: 100 }` raises an alert when use takes the balance below 100. */
  update(
    customer: string,
    body: Body<'/api/v1/customers/{id}/credits', 'patch'>,
    options?: WriteOptions,
  ): Promise<CreditBalance> {
    return this.#transport.call(
      'patch',
      '/api/v1/customers/{id}/credits',
      { path: { id: customer }, body },
      options,
    );
  }

  grants(customer: string, query: CreditGrantQuery = {}, options?: RequestOptions): List<CreditGrant> {
    return new List((cursor = query.cursor) =>
      this.#transport.call(
        'get',
        '/api/v1/customers/{id}/credits/grants',
        { path: { id: customer }, query: { ...query, cursor } },
        options,
      ),
    );
  }

  /** `grant('user_42', { quantity: 500 })` gives 500 credits that never expire. */
  grant(customer: string, body: CreditGrantCreate, options?: WriteOptions): Promise<CreditGrant> {
    return this.#transport.call(
      'post',
      '/api/v1/customers/{id}/credits/grants',
      { path: { id: customer }, body },
      options,
    );
  }

  /** Takes back what is left of a grant. What was burned stays burned. */
  void(grant: string, options?: WriteOptions): Promise<CreditGrant> {
    return this.#transport.call('post', '/api/v1/credits/grants/{id}/void', { path: { id: grant } }, options);
  }

  /** Gives back what voiding took, as if the grant had never been void. */
  restore(grant: string, options?: WriteOptions): Promise<CreditGrant> {
    return this.#transport.call(
      'post',
      '/api/v1/credits/grants/{id}/restore',
      { path: { id: grant } },
      options,
    );
  }

  /** The ledger: every movement of a customer's credits, the newest first. Their sum is the balance. */
  entries(customer: string, query: CreditEntryQuery = {}, options?: RequestOptions): List<CreditEntry> {
    return new List((cursor = query.cursor) =>
      this.#transport.call(
        'get',
        '/api/v1/customers/{id}/credits/entries',
        { path: { id: customer }, query: { ...query, cursor } },
        options,
      ),
    );
  }
}
