import type { RequestOptions } from '../core/request-options.ts';
import type { Body, Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type EntitlementCheck = components['schemas']['Check'];
export type EntitlementCheckQuery = Query<'/api/v1/entitlements/check', 'get'>;
export type Consumption = components['schemas']['Consumption'];
export type ConsumeParams = Body<'/api/v1/entitlements/consume', 'post'>;
export type Reservation = components['schemas']['Reservation'];
export type ReserveParams = Body<'/api/v1/entitlements/reservations', 'post'>;
export type SettledReservation = components['schemas']['SettledReservation'];
export type CustomerEntitlements = components['schemas']['CustomerEntitlements'];

/** What customers may do now. */
export class Entitlements {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * May the customer use the feature, `required` units of it if it is metered? Throws when BillingOS cannot be reached;
   * `check` and `hasFeature` of the client answer then, too. Throws a NotFoundError for a feature that does not exist.
   */
  check(query: EntitlementCheckQuery, options?: RequestOptions): Promise<EntitlementCheck> {
    return this.#transport.call('get', '/api/v1/entitlements/check', { query }, options);
  }

  /**
   * Takes `quantity` of a metered feature if so much is left, in one step: of what is left, no more is given than there
   * is. A denial does not throw. Keep the `idempotency_key` when you repeat.
   */
  consume(params: ConsumeParams, options?: RequestOptions): Promise<Consumption> {
    return this.#transport.call('post', '/api/v1/entitlements/consume', { body: params }, options);
  }

  /** Holds `quantity` for work that is under way, for `ttl_seconds`. A denial does not throw. */
  reserve(params: ReserveParams, options?: RequestOptions): Promise<Reservation> {
    return this.#transport.call('post', '/api/v1/entitlements/reservations', { body: params }, options);
  }

  /** Uses `quantity` of what a reservation holds, and gives back the rest. */
  confirm(reservation: string, quantity: number, options?: RequestOptions): Promise<SettledReservation> {
    return this.#transport.call(
      'post',
      '/api/v1/entitlements/reservations/{id}/confirm',
      { path: { id: reservation }, body: { quantity } },
      options,
    );
  }

  /** Gives back all that a reservation holds. */
  release(reservation: string, options?: RequestOptions): Promise<SettledReservation> {
    return this.#transport.call(
      'post',
      '/api/v1/entitlements/reservations/{id}/release',
      { path: { id: reservation } },
      options,
    );
  }

  /** Everything a customer may do, and what is used of it. */
  ofCustomer(customer: string, options?: RequestOptions): Promise<CustomerEntitlements> {
    return this.#transport.call(
      'get',
      '/api/v1/customers/{id}/entitlements',
      { path: { id: customer } },
      options,
    );
  }
}
