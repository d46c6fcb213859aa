import type { RequestOptions } from '../core/request-options.ts';
import type { Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type EntitlementCheck = components['schemas']['Check'];
export type EntitlementCheckQuery = Query<'/api/v1/entitlements/check', 'get'>;
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
