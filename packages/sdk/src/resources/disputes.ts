import { List } from '../core/pagination.ts';
import type { RequestOptions, WriteOptions } from '../core/request-options.ts';
import type { Body, Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type Dispute = components['schemas']['Dispute'];
export type DisputeEvidence = Body<'/api/v1/disputes/{id}/evidence', 'post'>;
export type DisputeQuery = Query<'/api/v1/disputes', 'get'>;

/** Payments that the holder of a card questions at the bank. */
export class Disputes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The newest first. */
  list(query: DisputeQuery = {}, options?: RequestOptions): List<Dispute> {
    return new List((cursor = query.cursor) =>
      this.#transport.call('get', '/api/v1/disputes', { query: { ...query, cursor } }, options),
    );
  }

  /** Throws a NotFoundError when there is none. */
  retrieve(id: string, options?: RequestOptions): Promise<Dispute> {
    return this.#transport.call('get', '/api/v1/disputes/{id}', { path: { id } }, options);
  }

  /** Sends evidence to the bank. It can be sent once and not changed after. */
  submitEvidence(id: string, body: DisputeEvidence, options?: WriteOptions): Promise<Dispute> {
    return this.#transport.call('post', '/api/v1/disputes/{id}/evidence', { path: { id }, body }, options);
  }

  /** Accepts it as lost, for good. */
  close(id: string, options?: WriteOptions): Promise<Dispute> {
    return this.#transport.call('post', '/api/v1/disputes/{id}/close', { path: { id } }, options);
  }
}
