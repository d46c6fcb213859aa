import { List } from '../core/pagination.ts';
import type { RequestOptions, WriteOptions } from '../core/request-options.ts';
import type { Body, Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type Meter = components['schemas']['Meter'];
export type MeterCreate = Body<'/api/v1/meters', 'post'>;
export type MeterUpdate = Body<'/api/v1/meters/{id}', 'patch'>;
export type MeterQuery = Query<'/api/v1/meters', 'get'>;

/** How usage events are added up: their `sum`, `count`, highest (`max`), `unique` or `latest` values. */
export class Meters {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query: MeterQuery = {}, options?: RequestOptions): List<Meter> {
    return new List((cursor = query.cursor) =>
      this.#transport.call('get', '/api/v1/meters', { query: { ...query, cursor } }, options),
    );
  }

  create(body: MeterCreate, options?: WriteOptions): Promise<Meter> {
    return this.#transport.call('post', '/api/v1/meters', { body }, options);
  }

  /** By id or key. Throws a NotFoundError when there is none. */
  retrieve(id: string, options?: RequestOptions): Promise<Meter> {
    return this.#transport.call('get', '/api/v1/meters/{id}', { path: { id } }, options);
  }

  /** Changes the name, and by what it can be broken down; what it counts, until the first event came. */
  update(id: string, body: MeterUpdate, options?: RequestOptions): Promise<Meter> {
    return this.#transport.call('patch', '/api/v1/meters/{id}', { path: { id }, body }, options);
  }
}
