import { List } from '../core/pagination.ts';
import type { RequestOptions, WriteOptions } from '../core/request-options.ts';
import type { Body, Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type Subscription = components['schemas']['Subscription'];
export type SubscriptionCreate = Body<'/api/v1/subscriptions', 'post'>;
export type SubscriptionCancel = Body<'/api/v1/subscriptions/{id}/cancel', 'post'>;
export type SubscriptionQuery = Query<'/api/v1/subscriptions', 'get'>;

/** Customers on plans. */
export class Subscriptions {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The newest first. `customer` takes several ids, separated by commas; `status: 'running'` is every one not ended. */
  list(query: SubscriptionQuery = {}, options?: RequestOptions): List<Subscription> {
    return new List((cursor = query.cursor) =>
      this.#transport.call('get', '/api/v1/subscriptions', { query: { ...query, cursor } }, options),
    );
  }

  /** Charges the customer's payment method, or the one given. A payment that fails changes nothing and throws. */
  create(body: SubscriptionCreate, options?: WriteOptions): Promise<Subscription> {
    return this.#transport.call('post', '/api/v1/subscriptions', { body }, options);
  }

  /** Throws a NotFoundError when there is none. */
  retrieve(id: string, options?: RequestOptions): Promise<Subscription> {
    return this.#transport.call('get', '/api/v1/subscriptions/{id}', { path: { id } }, options);
  }

  /** At the end of what is paid for, where access stays until then, or with `{ when: 'now' }` at once. */
  cancel(id: string, body: SubscriptionCancel = {}, options?: WriteOptions): Promise<Subscription> {
    return this.#transport.call('post', '/api/v1/subscriptions/{id}/cancel', { path: { id }, body }, options);
  }
}
