import { ConnectionError } from '../core/errors.ts';
import { List } from '../core/pagination.ts';
import type { RequestOptions } from '../core/request-options.ts';
import type { Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type LoggedCall = components['schemas']['LoggedCall'];
export type CallLogged = components['schemas']['CallLogged'];
export type CallsLogged = components['schemas']['CallsLogged'];
export type RequestLog = components['schemas']['RequestLog'];
export type RequestsSummary = components['schemas']['RequestsSummary'];
export type RequestQuery = Query<'/api/v1/requests', 'get'>;
export type RequestsSummaryQuery = Query<'/api/v1/requests/summary', 'get'>;

/** Calls to your API: logged one by one, and what they add up to. */
export class Requests {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** One call, stored when this resolves. Throws when it is rejected. */
  async track(call: LoggedCall, options?: RequestOptions): Promise<CallLogged> {
    const answer = await this.#transport.call('post', '/api/v1/track', { body: call }, options);
    if ('results' in answer) {
      throw unexpected();
    }
    return answer;
  }

  /** Up to 1,000 calls, each with a result of its own, in their order. One that is rejected does not throw. */
  async trackBatch(calls: LoggedCall[], options?: RequestOptions): Promise<CallsLogged> {
    const answer = await this.#transport.call(
      'post',
      '/api/v1/track',
      { body: { requests: calls } },
      options,
    );
    if (!('results' in answer)) {
      throw unexpected();
    }
    return answer;
  }

  /** In the order they arrived, the newest first. */
  list(query: RequestQuery = {}, options?: RequestOptions): List<RequestLog> {
    return new List((cursor = query.cursor) =>
      this.#transport.call('get', '/api/v1/requests', { query: { ...query, cursor } }, options),
    );
  }

  /** Calls, errors and response times: in all, over time, and by endpoint, customer, project or key. Seconds old. */
  summary(query: RequestsSummaryQuery = {}, options?: RequestOptions): Promise<RequestsSummary> {
    return this.#transport.call('get', '/api/v1/requests/summary', { query }, options);
  }
}

function unexpected(): ConnectionError {
  return new ConnectionError('The answer is not one to this request.', { code: 'answer_unreadable' });
}
