import { List } from '../core/pagination.ts';
import type { RequestOptions, WriteOptions } from '../core/request-options.ts';
import type { Body, Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type Project = components['schemas']['Project'];
export type ProjectCreate = Body<'/api/v1/projects', 'post'>;
export type ProjectUpdate = Body<'/api/v1/projects/{id}', 'patch'>;
export type ProjectQuery = Query<'/api/v1/projects', 'get'>;

/** What a customer keeps apart: the keys of one app, and the calls made with them. */
export class Projects {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The newest first. */
  list(query: ProjectQuery = {}, options?: RequestOptions): List<Project> {
    return new List((cursor = query.cursor) =>
      this.#transport.call('get', '/api/v1/projects', { query: { ...query, cursor } }, options),
    );
  }

  /** `quota_feature` is the metered feature that calls with the project's keys are a use of. */
  create(body: ProjectCreate, options?: WriteOptions): Promise<Project> {
    return this.#transport.call('post', '/api/v1/projects', { body }, options);
  }

  /** Throws a NotFoundError when there is none. */
  retrieve(id: string, options?: RequestOptions): Promise<Project> {
    return this.#transport.call('get', '/api/v1/projects/{id}', { path: { id } }, options);
  }

  /** Changes the fields that the body names, and no others. */
  update(id: string, body: ProjectUpdate, options?: RequestOptions): Promise<Project> {
    return this.#transport.call('patch', '/api/v1/projects/{id}', { path: { id }, body }, options);
  }
}
