import { List } from '../core/pagination.ts';
import type { RequestOptions, WriteOptions } from '../core/request-options.ts';
import type { Body, Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type Plan = components['schemas']['Plan'];
export type PlanCreate = Body<'/api/v1/plans', 'post'>;
export type PlanQuery = Query<'/api/v1/plans', 'get'>;

/** What is sold. A publishable key may read these. */
export class Plans {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query: PlanQuery = {}, options?: RequestOptions): List<Plan> {
    return new List((cursor = query.cursor) =>
      this.#transport.call('get', '/api/v1/plans', { query: { ...query, cursor } }, options),
    );
  }

  /** Amounts are integer minor units: `{ amount: 4900, currency: 'usd', interval: 'month' }` is $49 a month. */
  create(body: PlanCreate, options?: WriteOptions): Promise<Plan> {
    return this.#transport.call('post', '/api/v1/plans', { body }, options);
  }

  /** By id or key. Throws a NotFoundError when there is none. */
  retrieve(id: string, options?: RequestOptions): Promise<Plan> {
    return this.#transport.call('get', '/api/v1/plans/{id}', { path: { id } }, options);
  }
}
