import { List } from '../core/pagination.ts';
import type { RequestOptions, WriteOptions } from '../core/request-options.ts';
import type { Body, Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type Plan = components['schemas']['Plan'];
export type PlanCreate = Body<'/api/v1/plans', 'post'>;
export type WrittenPlan = components['schemas']['WrittenPlan'];
export type PlanUpdate = Body<'/api/v1/plans/{id}', 'patch'>;
export type PlanVersion = components['schemas']['PlanVersion'];
export type PlanVersionQuery = Query<'/api/v1/plans/{id}/versions', 'get'>;
export type PlanDraft = components['schemas']['PlanDraft'];
export type PlanDraftSave = Body<'/api/v1/plans/{id}/draft', 'put'>;
export type PlanQuery = Query<'/api/v1/plans', 'get'>;

/** What is sold. A publishable key may read these. */
export class Plans {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query: PlanQuery = {}, options?: RequestOptions): List<Plan> {
    return new List((cursor = query.cursor) =>
      this.#transport.call('get', '/api/v1/plans', { query: { ...query, cursor } }, options),
    );
  }

  /** Amounts are integer minor units: `{ amount: 4900, currency: 'usd', interval: 'month' }` is $49 a month. */
  create(body: PlanCreate, options?: WriteOptions): Promise<WrittenPlan> {
    return this.#transport.call('post', '/api/v1/plans', { body }, options);
  }

  /** By id or key. Throws a NotFoundError when there is none. */
  retrieve(id: string, options?: RequestOptions): Promise<Plan> {
    return this.#transport.call('get', '/api/v1/plans/{id}', { path: { id } }, options);
  }

  /** Changes name, description or rank. What it costs and grants changes with a new version. */
  update(id: string, body: PlanUpdate, options?: RequestOptions): Promise<Plan> {
    return this.#transport.call('patch', '/api/v1/plans/{id}', { path: { id }, body }, options);
  }

  /** Ends the sale of a plan. Whoever is on it stays. */
  archive(id: string, options?: WriteOptions): Promise<Plan> {
    return this.#transport.call('post', '/api/v1/plans/{id}/archive', { path: { id } }, options);
  }

  /** Sells an archived plan again. */
  unarchive(id: string, options?: WriteOptions): Promise<Plan> {
    return this.#transport.call('post', '/api/v1/plans/{id}/unarchive', { path: { id } }, options);
  }

  /** What was sold under the plan, the newest version first. */
  listVersions(id: string, query: PlanVersionQuery = {}, options?: RequestOptions): List<PlanVersion> {
    return new List((cursor = query.cursor) =>
      this.#transport.call(
        'get',
        '/api/v1/plans/{id}/versions',
        { path: { id }, query: { ...query, cursor } },
        options,
      ),
    );
  }

  /** The next version as far as it is written. Throws a NotFoundError `draft_not_found` when there is none. */
  retrieveDraft(id: string, options?: RequestOptions): Promise<PlanDraft> {
    return this.#transport.call('get', '/api/v1/plans/{id}/draft', { path: { id } }, options);
  }

  /** Writes the next version, in place of a draft there may be. Nobody gets it before it is published. */
  saveDraft(id: string, body: PlanDraftSave, options?: RequestOptions): Promise<PlanDraft> {
    return this.#transport.call('put', '/api/v1/plans/{id}/draft', { path: { id }, body }, options);
  }

  /** Throws the draft away. */
  discardDraft(id: string, options?: RequestOptions): Promise<PlanDraft> {
    return this.#transport.call('delete', '/api/v1/plans/{id}/draft', { path: { id } }, options);
  }

  /** Sells the draft from now on. Whoever is on an earlier version stays on it. */
  publish(id: string, options?: WriteOptions): Promise<WrittenPlan> {
    return this.#transport.call('post', '/api/v1/plans/{id}/publish', { path: { id } }, options);
  }
}
