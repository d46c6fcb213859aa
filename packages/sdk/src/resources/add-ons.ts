import { List } from '../core/pagination.ts';
import type { RequestOptions, WriteOptions } from '../core/request-options.ts';
import type { Body, Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { Plan, WrittenPlan } from './plans.ts';

export type AddOnCreate = Body<'/api/v1/add-ons', 'post'>;
export type AddOnQuery = Query<'/api/v1/add-ons', 'get'>;

/** What is sold on top of a plan. An add-on is changed with the methods of `plans`. */
export class AddOns {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query: AddOnQuery = {}, options?: RequestOptions): List<Plan> {
    return new List((cursor = query.cursor) =>
      this.#transport.call('get', '/api/v1/add-ons', { query: { ...query, cursor } }, options),
    );
  }

  create(body: AddOnCreate, options?: WriteOptions): Promise<WrittenPlan> {
    return this.#transport.call('post', '/api/v1/add-ons', { body }, options);
  }

  /** By id or key. Throws a NotFoundError when there is none. */
  retrieve(id: string, options?: RequestOptions): Promise<Plan> {
    return this.#transport.call('get', '/api/v1/add-ons/{id}', { path: { id } }, options);
  }
}
