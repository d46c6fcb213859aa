import { List } from '../core/pagination.ts';
import type { RequestOptions, WriteOptions } from '../core/request-options.ts';
import type { Body, Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type CreditBalance = components['schemas']['CreditBalance'];
export type CreditBalanceUpdate = Body<'/api/v1/customers/{id}/credits', 'patch'>;
export type CreditGrant = components['schemas']['CreditGrant'];
export type CreditGrantCreate = Body<'/api/v1/customers/{id}/credits/grants', 'post'>;
export type CreditGrantQuery = Query<'/api/v1/customers/{id}/credits/grants', 'get'>;
export type CreditEntry = components['schemas']['CreditEntry'];
export type CreditEntryQuery = Query<'/api/v1/customers/{id}/credits/entries', 'get'>;

export type CreditPack = components['schemas']['CreditPack'];
export type CreditPackCreate = Body<'/api/v1/credits/packs', 'post'>;
export type CreditPackQuery = Query<'/api/v1/credits/packs', 'get'>;
export type CreditTopUp = components['schemas']['CreditTopUp'];
export type CreditTopUpCreate = Body<'/api/v1/customers/{id}/credits/top-ups', 'post'>;
export type CreditTopUpQuery = Query<'/api/v1/customers/{id}/credits/top-ups', 'get'>;
export type TopUpLink = components['schemas']['TopUpLink'];
export type TopUpLinkCreate = Body<'/api/v1/customers/{id}/credits/top-up-links', 'post'>;
export type AutoTopUp = components['schemas']['AutoTopUp'];
export type AutoTopUpSet = Body<'/api/v1/customers/{id}/credits/auto-top-up', 'put'>;

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
  update(customer: string, body: CreditBalanceUpdate, options?: WriteOptions): Promise<CreditBalance> {
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

  packs(query: CreditPackQuery = {}, options?: RequestOptions): List<CreditPack> {
    return new List((cursor = query.cursor) =>
      this.#transport.call('get', '/api/v1/credits/packs', { query: { ...query, cursor } }, options),
    );
  }

  /** `{ key: 'small', name: 'Small', credits: 500, amount: 1_000, currency: 'usd' }` sells 500 credits for $10. */
  createPack(body: CreditPackCreate, options?: WriteOptions): Promise<CreditPack> {
    return this.#transport.call('post', '/api/v1/credits/packs', { body }, options);
  }

  /** Nobody buys it any more. */
  archivePack(pack: string, options?: WriteOptions): Promise<CreditPack> {
    return this.#transport.call(
      'post',
      '/api/v1/credits/packs/{id}/archive',
      { path: { id: pack } },
      options,
    );
  }

  topUps(customer: string, query: CreditTopUpQuery = {}, options?: RequestOptions): List<CreditTopUp> {
    return new List((cursor = query.cursor) =>
      this.#transport.call(
        'get',
        '/api/v1/customers/{id}/credits/top-ups',
        { path: { id: customer }, query: { ...query, cursor } },
        options,
      ),
    );
  }

  /**
   * Buys credits and charges for them now. An answer that is `open` waits for the customer at its `pay_url`. Keep the
   * `idempotency_key` when you repeat.
   */
  topUp(customer: string, body: CreditTopUpCreate, options?: RequestOptions): Promise<CreditTopUp> {
    return this.#transport.call(
      'post',
      '/api/v1/customers/{id}/credits/top-ups',
      { path: { id: customer }, body },
      options,
    );
  }

  /** A link to a page where the customer buys credits. Whoever has it buys in their name: send them there at once. */
  createTopUpLink(customer: string, body: TopUpLinkCreate = {}, options?: WriteOptions): Promise<TopUpLink> {
    return this.#transport.call(
      'post',
      '/api/v1/customers/{id}/credits/top-up-links',
      { path: { id: customer }, body },
      options,
    );
  }

  autoTopUp(customer: string, options?: RequestOptions): Promise<AutoTopUp> {
    return this.#transport.call(
      'get',
      '/api/v1/customers/{id}/credits/auto-top-up',
      { path: { id: customer } },
      options,
    );
  }

  /** Buys packs by itself when the balance is low, within a ceiling. A payment that fails turns it off. */
  setAutoTopUp(customer: string, body: AutoTopUpSet, options?: WriteOptions): Promise<AutoTopUp> {
    return this.#transport.call(
      'put',
      '/api/v1/customers/{id}/credits/auto-top-up',
      { path: { id: customer }, body },
      options,
    );
  }
}
