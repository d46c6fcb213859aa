import { List } from '../core/pagination.ts';
import type { RequestOptions, WriteOptions } from '../core/request-options.ts';
import type { Body, Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type BillEstimate = components['schemas']['BillEstimate'];
export type Subscription = components['schemas']['Subscription'];
export type SubscriptionCreate = Body<'/api/v1/subscriptions', 'post'>;
export type SubscriptionCancel = Body<'/api/v1/subscriptions/{id}/cancel', 'post'>;
export type SubscriptionChange = Body<'/api/v1/subscriptions/{id}/change', 'post'>;
export type SubscriptionPause = Body<'/api/v1/subscriptions/{id}/pause', 'post'>;
export type TrialExtension = Body<'/api/v1/subscriptions/{id}/extend-trial', 'post'>;
export type ChangePreview = components['schemas']['ChangePreview'];
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

  /** What a change would charge, and what the customer could do otherwise. Nothing changes. */
  previewChange(id: string, body: SubscriptionChange, options?: WriteOptions): Promise<ChangePreview> {
    return this.#transport.call(
      'post',
      '/api/v1/subscriptions/{id}/preview-change',
      { path: { id }, body },
      options,
    );
  }

  /**
   * Changes plan, interval, quantity, add-ons or coupon. With `proration_at` of a preview it charges what that said, to
   * the cent. A payment that fails leaves everything as it was, and throws.
   */
  change(id: string, body: SubscriptionChange, options?: WriteOptions): Promise<Subscription> {
    return this.#transport.call('post', '/api/v1/subscriptions/{id}/change', { path: { id }, body }, options);
  }

  /** Takes back what was to change at the end of the period. */
  undoScheduledChange(id: string, options?: WriteOptions): Promise<Subscription> {
    return this.#transport.call(
      'delete',
      '/api/v1/subscriptions/{id}/scheduled-change',
      { path: { id } },
      options,
    );
  }

  /** Charges nothing and lets nothing be used, until `resumes_at` or until it is resumed. */
  pause(id: string, body: SubscriptionPause = {}, options?: WriteOptions): Promise<Subscription> {
    return this.#transport.call('post', '/api/v1/subscriptions/{id}/pause', { path: { id }, body }, options);
  }

  /** Ends a pause, or takes back that it was to end with its period. */
  resume(id: string, options?: WriteOptions): Promise<Subscription> {
    return this.#transport.call('post', '/api/v1/subscriptions/{id}/resume', { path: { id } }, options);
  }

  /** Sets the date at which a running trial ends. */
  extendTrial(id: string, body: TrialExtension, options?: WriteOptions): Promise<Subscription> {
    return this.#transport.call(
      'post',
      '/api/v1/subscriptions/{id}/extend-trial',
      { path: { id }, body },
      options,
    );
  }

  /** Ends a trial now and charges the first period; when that cannot be paid, the trial goes on and this throws. */
  endTrial(id: string, options?: WriteOptions): Promise<Subscription> {
    return this.#transport.call('post', '/api/v1/subscriptions/{id}/end-trial', { path: { id } }, options);
  }

  /** What the current billing period costs so far, before tax: flat prices, seats and use, computed as the invoice will be. */
  estimate(id: string, options?: RequestOptions): Promise<BillEstimate> {
    return this.#transport.call('get', '/api/v1/subscriptions/{id}/estimate', { path: { id } }, options);
  }
}
