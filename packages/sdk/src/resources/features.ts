import { List } from '../core/pagination.ts';
import type { RequestOptions, WriteOptions } from '../core/request-options.ts';
import type { Body, Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type Feature = components['schemas']['Feature'];
export type FeatureCreate = Body<'/api/v1/features', 'post'>;
export type FeatureQuery = Query<'/api/v1/features', 'get'>;

/** What plans grant: `boolean`, `metered` (up to a limit) or `config` (a value). */
export class Features {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query: FeatureQuery = {}, options?: RequestOptions): List<Feature> {
    return new List((cursor = query.cursor) =>
      this.#transport.call('get', '/api/v1/features', { query: { ...query, cursor } }, options),
    );
  }

  /** A metered feature that names no meter gets one under its own key. */
  create(body: FeatureCreate, options?: WriteOptions): Promise<Feature> {
    return this.#transport.call('post', '/api/v1/features', { body }, options);
  }

  /** By id or key. Throws a NotFoundError when there is none. */
  retrieve(id: string, options?: RequestOptions): Promise<Feature> {
    return this.#transport.call('get', '/api/v1/features/{id}', { path: { id } }, options);
  }

  /**
   * `{ credit_cost: 2.5 }` lets a customer's credits pay for units beyond the limit of a metered feature.
   * `{ on_outage: 'allow' }` says what a check answers while BillingOS cannot look it up.
   */
  update(id: string, body: Body<'/api/v1/features/{id}', 'patch'>, options?: WriteOptions): Promise<Feature> {
    return this.#transport.call('patch', '/api/v1/features/{id}', { path: { id }, body }, options);
  }
}
