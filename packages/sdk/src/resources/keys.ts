import { List } from '../core/pagination.ts';
import type { RequestOptions, WriteOptions } from '../core/request-options.ts';
import type { Body, Query } from '../internal/operation.ts';
import type { Transport } from '../internal/transport.ts';
import type { components } from '../openapi.gen.ts';

export type Key = components['schemas']['ConsumerKey'];
export type NewKey = components['schemas']['NewConsumerKey'];
export type KeyVerification = components['schemas']['KeyVerification'];
export type KeyCreate = Body<'/api/v1/keys', 'post'>;
export type KeyUpdate = Body<'/api/v1/keys/{id}', 'patch'>;
export type KeyRotate = Body<'/api/v1/keys/{id}/rotate', 'post'>;
export type KeyVerify = Body<'/api/v1/keys/verify', 'post'>;
export type KeyQuery = Query<'/api/v1/keys', 'get'>;

/** API keys of your customers, for your own API. */
export class Keys {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Whether a call with this key may be answered: valid or not and why, whose it is, and what is left. An invalid key does
   * not throw. `verificationAnswer` says what to tell your caller. With `consume`, the cost is taken once per
   * `idempotencyKey`; when the call is tried again, it keeps the one it has.
   */
  verify(body: KeyVerify, options?: WriteOptions): Promise<KeyVerification> {
    return this.#transport.call('post', '/api/v1/keys/verify', { body }, options);
  }

  /** The newest first. */
  list(query: KeyQuery = {}, options?: RequestOptions): List<Key> {
    return new List((cursor = query.cursor) =>
      this.#transport.call('get', '/api/v1/keys', { query: { ...query, cursor } }, options),
    );
  }

  /** `secret` in the answer is the only place the key ever stands: show it, and keep it nowhere. */
  create(body: KeyCreate, options?: WriteOptions): Promise<NewKey> {
    return this.#transport.call('post', '/api/v1/keys', { body }, options);
  }

  /** Throws a NotFoundError when there is none. */
  retrieve(id: string, options?: RequestOptions): Promise<Key> {
    return this.#transport.call('get', '/api/v1/keys/{id}', { path: { id } }, options);
  }

  /** Changes the fields that the body names, and no others. `meta` is replaced as a whole. */
  update(id: string, body: KeyUpdate, options?: RequestOptions): Promise<Key> {
    return this.#transport.call('patch', '/api/v1/keys/{id}', { path: { id }, body }, options);
  }

  /** A new key in place of this one, which stays valid for `grace_seconds` (0 by default, at most a day). */
  rotate(id: string, body: KeyRotate = {}, options?: WriteOptions): Promise<NewKey> {
    return this.#transport.call('post', '/api/v1/keys/{id}/rotate', { path: { id }, body }, options);
  }

  /** Ends a key at once. */
  revoke(id: string, options?: WriteOptions): Promise<Key> {
    return this.#transport.call('post', '/api/v1/keys/{id}/revoke', { path: { id } }, options);
  }
}

/** What to answer a caller with, by the verification of its key. */
export interface VerificationAnswer {
  /** 200 when the call may go on; else 401, 403 or 429. */
  status: 200 | 401 | 403 | 429;
  /** `X-RateLimit-*` of the quota, or of the rate limit when there is no quota, and `Retry-After`. */
  headers: Record<string, string>;
}

/**
 * The status and headers that a verification means: 401 for a key that is not good, 403 for a missing scope or right, 429
 * with `Retry-After` for too many calls; `X-RateLimit-Limit`, `-Used`, `-Remaining` and `-Reset` (seconds since 1970).
 */
export function verificationAnswer(verification: KeyVerification): VerificationAnswer {
  const headers: Record<string, string> = {};
  const limits = limitsOf(verification);
  if (limits !== undefined) {
    headers['X-RateLimit-Limit'] = String(limits.limit);
    headers['X-RateLimit-Used'] = String(limits.limit - limits.remaining);
    headers['X-RateLimit-Remaining'] = String(limits.remaining);
    if (limits.resets_at !== null) {
      headers['X-RateLimit-Reset'] = String(Math.ceil(Date.parse(limits.resets_at) / 1_000));
    }
  }
  if (verification.retry_after !== null) {
    headers['Retry-After'] = String(verification.retry_after);
  }
  return { status: statusOf(verification), headers };
}

function limitsOf({ code, quota, rate_limit: rate }: KeyVerification) {
  // Who was too fast should see that limit, whatever is left of the month.
  if (code !== 'rate_limited' && quota !== null && quota.limit !== null) {
    return { limit: quota.limit, remaining: quota.remaining ?? 0, resets_at: quota.resets_at };
  }
  return rate ?? undefined;
}

function statusOf({ code, key_id: keyId, reason }: KeyVerification): VerificationAnswer['status'] {
  switch (code) {
    case 'valid':
      return 200;
    case 'rate_limited':
    case 'quota_exceeded':
      return 429;
    case 'insufficient_scope':
      return 403;
    case 'disabled':
      // The key is good, but its owner has no right to the feature.
      return keyId !== null && reason !== null ? 403 : 401;
    default:
      return 401;
  }
}
