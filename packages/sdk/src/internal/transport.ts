import { BillingOSError, ConnectionError, TimeoutError } from '../core/errors.ts';
import type { WriteOptions } from '../core/request-options.ts';
import { version } from '../version.ts';
import { readAnswer } from './answer.ts';
import { isTemporary, retryDelayMs } from './backoff.ts';
import type { Input, Method, Output, Path } from './operation.ts';
import { sleep, timerMaxMs } from './sleep.ts';
import { Slots } from './slots.ts';
import { fillPath, queryString } from './url.ts';

export interface TransportSettings {
  baseUrl: string;
  key: string;
  timeoutMs: number;
  retriesMax: number;
  fetch: typeof globalThis.fetch;
  /** A web page may not choose its User-Agent. */
  isBrowser: boolean;
}

interface Sendable {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | undefined;
}

/** A longer Retry-After is for the caller to wait out, not for a request that somebody waits for. */
const waitMaxMs = 30_000;
const backoffMaxMs = 8_000;
/** Each has a connection of its own: a burst of thousands would be busy with opening them until all are too late. */
const underWayMax = 100;

/** Sends requests, each again with the same idempotency key while that may help. */
export class Transport {
  readonly #settings: TransportSettings;
  readonly #slots = new Slots(underWayMax);

  constructor(settings: TransportSettings) {
    this.#settings = settings;
  }

  /** Asks the operation that the OpenAPI document has under this method and path. */
  async call<M extends Method, P extends Path>(
    method: M,
    path: P,
    input: Input<P, M>,
    options: WriteOptions = {},
  ): Promise<Output<P, M>> {
    const answer = await this.#sendWithRetries(this.#sendable(method, path, input, options), options);
    // The boundary where JSON becomes a type: the document that made the type is checked against the API by tests.
    return answer as Output<P, M>;
  }

  /** Opens an answer that goes on: its body, once the headers of a 2xx are there. Tried once. */
  async open<P extends Path>(
    path: P,
    input: Input<P, 'get'>,
    {
      headers,
      signal,
      timeoutMs = this.#settings.timeoutMs,
    }: { headers: Record<string, string>; signal: AbortSignal | undefined; timeoutMs?: number | undefined },
  ): Promise<ReadableStream<Uint8Array>> {
    const request = this.#sendable('get', path, input, {});
    const headed = { ...request, headers: { ...request.headers, ...headers } };
    return this.#send(headed, { signal, timeoutMs }, bodyOf);
  }

  #sendable(
    method: Method,
    path: string,
    input: { path?: unknown; query?: unknown; body?: unknown },
    options: WriteOptions,
  ): Sendable {
    const { baseUrl, key, isBrowser } = this.#settings;
    return {
      url: baseUrl + fillPath(path, { ...asRecord(input.path) }) + queryString({ ...asRecord(input.query) }),
      method: method.toUpperCase(),
      headers: {
        Authorization: `Bearer ${key}`,
        Accept: 'application/json',
        ...(isBrowser ? {} : { 'User-Agent': `billingos-sdk/${version}` }),
        ...(input.body === undefined ? {} : { 'Content-Type': 'application/json' }),
        // Made here, before the first try, so that every retry carries it.
        ...(method === 'post' ? { 'Idempotency-Key': idempotencyKey(options) } : {}),
      },
      body: input.body === undefined ? undefined : JSON.stringify(input.body),
    };
  }

  async #sendWithRetries(request: Sendable, options: WriteOptions): Promise<unknown> {
    const { signal, retriesMax = this.#settings.retriesMax, timeoutMs = this.#settings.timeoutMs } = options;
    const endsAt = performance.now() + (options.deadlineMs ?? Infinity);
    for (let tries = 1; ; tries++) {
      try {
        return await this.#slots.use({ signal, timeoutMs: endsAt - performance.now() }, () =>
          this.#send(
            request,
            { signal, timeoutMs: Math.max(0, Math.min(timeoutMs, endsAt - performance.now())) },
            readAnswer,
          ),
        );
      } catch (error) {
        const delayMs = retryDelayMs(error, { tries, delayMaxMs: backoffMaxMs });
        const longestMs = Math.min(waitMaxMs, endsAt - performance.now());
        if (!isTemporary(error) || tries > retriesMax || delayMs >= longestMs) {
          throw error;
        }
        await sleep(delayMs, signal);
      }
    }
  }

  async #send<Answer>(
    { url, method, headers, body }: Sendable,
    { signal, timeoutMs }: { signal: AbortSignal | undefined; timeoutMs: number },
    read: (response: Response) => Promise<Answer>,
  ): Promise<Answer> {
    signal?.throwIfAborted();
    const stop = new AbortController();
    const onAbort = () => stop.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(
      () =>
        stop.abort(new TimeoutError(`${method} ${url} was not answered within ${Math.round(timeoutMs)} ms.`)),
      Math.min(timeoutMs, timerMaxMs),
    );
    try {
      const { fetch } = this.#settings;
      const response = await fetch(url, {
        method,
        headers,
        redirect: 'manual',
        signal: stop.signal,
        ...(body === undefined ? {} : { body }),
      });
      return await read(response);
    } catch (error) {
      if (error instanceof BillingOSError) {
        throw error;
      }
      if (stop.signal.aborted) {
        throw stop.signal.reason;
      }
      throw new ConnectionError(`${method} ${url} got no answer: ${reasonOf(error)}`, { cause: error });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }
}

/** The body of an answer that goes on; an error is read to its end. */
async function bodyOf(response: Response): Promise<ReadableStream<Uint8Array>> {
  if (response.status === 200 && response.body !== null) {
    return response.body;
  }
  await readAnswer(response);
  throw new ConnectionError('The answer has no body to read on.', { code: 'answer_unreadable' });
}

function asRecord(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

function idempotencyKey({ idempotencyKey: given }: WriteOptions): string {
  if (given === undefined) {
    return crypto.randomUUID();
  }
  if (!/^[\x20-\x7e]{1,255}$/.test(given)) {
    throw new BillingOSError(
      'argument_invalid',
      'idempotencyKey must be 1 to 255 printable ASCII characters.',
    );
  }
  return given;
}

/** fetch says "fetch failed" and keeps what happened in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}
