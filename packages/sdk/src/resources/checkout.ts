import type { WriteOptions } from '../core/request-options.ts';
import type { Body } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type CheckoutSession = components['schemas']['CheckoutSession'];
export type CheckoutSessionCreate = Body<'/api/v1/checkout/sessions', 'post'>;

/** Stripe's hosted page, where a customer pays and becomes a subscriber. */
export class Checkout {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Send the customer to the `url` of the answer. It works until `expires_at`. */
  createSession(body: CheckoutSessionCreate, options?: WriteOptions): Promise<CheckoutSession> {
    return this.#transport.call('post', '/api/v1/checkout/sessions', { body }, options);
  }
}
