import { List } from '../core/pagination.ts';
import type { RequestOptions, WriteOptions } from '../core/request-options.ts';
import type { Body, Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type Coupon = components['schemas']['Coupon'];
export type CouponCreate = Body<'/api/v1/coupons', 'post'>;
export type CouponQuery = Query<'/api/v1/coupons', 'get'>;

/** Discounts on subscriptions. The key is what people type, in capitals or not. */
export class Coupons {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query: CouponQuery = {}, options?: RequestOptions): List<Coupon> {
    return new List((cursor = query.cursor) =>
      this.#transport.call('get', '/api/v1/coupons', { query: { ...query, cursor } }, options),
    );
  }

  /** `{ key: 'SPRING', name: 'Spring', percent_off: 25, duration: 'once' }` takes a quarter off the first invoice. */
  create(body: CouponCreate, options?: WriteOptions): Promise<Coupon> {
    return this.#transport.call('post', '/api/v1/coupons', { body }, options);
  }

  /** By key or id. Throws a NotFoundError when there is none. */
  retrieve(id: string, options?: RequestOptions): Promise<Coupon> {
    return this.#transport.call('get', '/api/v1/coupons/{id}', { path: { id } }, options);
  }

  /** Nobody redeems it any more; who has it keeps it. */
  archive(id: string, options?: WriteOptions): Promise<Coupon> {
    return this.#transport.call('post', '/api/v1/coupons/{id}/archive', { path: { id } }, options);
  }
}
