import { ConnectionError } from '../core/errors.ts';
import { List } from '../core/pagination.ts';
import type { RequestOptions } from '../core/request-options.ts';
import type { Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type UsageEvent = components['schemas']['UsageEvent'];
export type TrackedEvent = components['schemas']['TrackedEvent'];
export type TrackedBatch = components['schemas']['TrackedBatch'];
export type UsageRecord = components['schemas']['UsageRecord'];
export type UsageCorrection = components['schemas']['UsageCorrection'];
export type UsageEventEntry = components['schemas']['UsageEventEntry'];
export type UsageEventQuery = Query<'/api/v1/usage/events', 'get'>;
export type UsageExploreQuery = Query<'/api/v1/usage/explore', 'get'>;
export type UsageExploration = components['schemas']['UsageExploration'];
export type UsageQuery = Query<'/api/v1/usage', 'get'>;

/**
 * Usage events and what they add up to. `trackUsage` of the client queues and batches; these send at once. The
 * `idempotency_key` of each event is yours to make, and to keep when you repeat.
 */
export class Usage {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** One event, stored when this resolves. Throws when it is rejected. */
  async track(event: UsageEvent, options?: RequestOptions): Promise<TrackedEvent> {
    const answer = await this.#transport.call('post', '/api/v1/usage/track', { body: event }, options);
    if ('results' in answer) {
      throw unexpected();
    }
    return answer;
  }

  /** Up to 1,000 events, each with a result of its own, in their order. One that is rejected does not throw. */
  async trackBatch(events: UsageEvent[], options?: RequestOptions): Promise<TrackedBatch> {
    const answer = await this.#transport.call('post', '/api/v1/usage/track', { body: { events } }, options);
    if (!('results' in answer)) {
      throw unexpected();
    }
    return answer;
  }

  /** Takes back, or adds, what was reported wrongly: by a `value`, or an `event` where totals are not sums. Keep the `idempotency_key` when you repeat. */
  correct(correction: UsageCorrection, options?: RequestOptions): Promise<TrackedEvent> {
    return this.#transport.call('post', '/api/v1/usage/corrections', { body: correction }, options);
  }

  /** Single events, the newest first; `status: 'rejected'` lists what did not count, and why. */
  events(query: UsageEventQuery = {}, options?: RequestOptions): List<UsageEventEntry> {
    return new List((cursor = query.cursor) =>
      this.#transport.call('get', '/api/v1/usage/events', { query: { ...query, cursor } }, options),
    );
  }

  /** What was used when, by whom and of what kind: sums by hour, day or month, and by customer or property. */
  explore(query: UsageExploreQuery, options?: RequestOptions): Promise<UsageExploration> {
    return this.#transport.call('get', '/api/v1/usage/explore', { query }, options);
  }

  /** Totals per customer, meter and billing period. */
  list(query: UsageQuery = {}, options?: RequestOptions): List<UsageRecord> {
    return new List((cursor = query.cursor) =>
      this.#transport.call('get', '/api/v1/usage', { query: { ...query, cursor } }, options),
    );
  }
}

function unexpected(): ConnectionError {
  return new ConnectionError('The answer is not one to this request.', { code: 'answer_unreadable' });
}
