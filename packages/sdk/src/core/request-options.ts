import type { ConsumeParams } from '../resources/entitlements.ts';
import type { UsageEvent } from '../resources/usage.ts';

/** What can be said about one request, beyond its content. */
export interface RequestOptions {
  /** For each try, in milliseconds. Default: the client's. */
  timeoutMs?: number | undefined;
  /** For all tries and the waits between them, in milliseconds. Default: no limit. */
  deadlineMs?: number | undefined;
  /** Further tries after the first. Default: the client's. */
  retriesMax?: number | undefined;
  /** Ends the request, and its retries, with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** The same for what changes something. */
export interface WriteOptions extends RequestOptions {
  /**
   * Makes repeating safe beyond this call, for instance when your job runs again: the same key gives the first answer.
   * Default: a random one for each call, kept for its retries. 1 to 255 printable ASCII characters.
   */
  idempotencyKey?: string | undefined;
}

export interface TrackOptions {
  /** Counts once for each key, for instance the id of your job, however often it is tracked. Default: a random one. */
  idempotencyKey?: string | undefined;
  /** When it was used. Default: now; with a key of your own, when BillingOS gets it. */
  occurredAt?: Date | string | undefined;
  /** Up to 50 facts about the event. */
  properties?: UsageEvent['properties'] | undefined;
}

export interface ConsumeOptions extends RequestOptions {
  /** Takes once for each key, for instance the id of your job, however often you call. Default: a random one. */
  idempotencyKey?: string | undefined;
  /** Up to 50 facts about the use. */
  properties?: ConsumeParams['properties'] | undefined;
}
