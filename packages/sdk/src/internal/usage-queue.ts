import {
  apiError,
  BillingOSError,
  ConnectionError,
  InvalidRequestError,
  TimeoutError,
  UsageQueueFullError,
} from '../core/errors.ts';
import { isTemporary, patientDelayMs } from './backoff.ts';
import { sleep } from './sleep.ts';

/** What the queue needs to know of an event; the rest passes through. */
interface Keyed {
  idempotency_key: string;
}

/** How the API answers one event of a batch. */
interface ItemResult {
  /** null when the event had none that could be read. */
  idempotency_key: string | null;
  status: 'accepted' | 'duplicate' | 'rejected';
  id: string | null;
  error: { code: string; message: string; param?: string | undefined } | null;
}

/** An event that is on disk at BillingOS. */
export interface TrackedUsage {
  id: string;
  idempotency_key: string;
  /** `duplicate`: this key was recorded before; it counts once. */
  status: 'accepted' | 'duplicate';
}

export interface UsageQueueSettings<Event> {
  /** Sends a batch once. */
  send: (events: Event[], signal: AbortSignal) => Promise<ItemResult[]>;
  /** Told of every event that is given up, since its promise is often not awaited. */
  onError: (error: unknown, event: Event) => void;
  /** Told of every event that is taken, before it is sent. */
  onTaken?: (event: Event) => void;
  queuedMax: number;
  /** How long the first event of a batch waits for others. */
  delayMs: number;
}

interface Waiting<Event> {
  event: Event;
  bytes: number;
  resolve: (tracked: TrackedUsage) => void;
  reject: (error: unknown) => void;
}

/** What the API takes at once. */
const batchEventsMax = 1_000;
/** Below the 1 MB that the API takes, for the brackets and commas around. */
const batchBytesMax = 900_000;

/**
 * Sends usage events in batches, one batch after the other, each as often as it takes. Events stay in memory until
 * BillingOS has them on disk or refuses them; that they carry their key from the start makes every repetition safe.
 */
export class UsageQueue<Event extends Keyed> {
  readonly #settings: UsageQueueSettings<Event>;
  readonly #waiting: Waiting<Event>[] = [];
  /** Every event that is not settled: waiting or on its way. */
  readonly #unsettled = new Set<Promise<unknown>>();
  readonly #giveUp = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isSending = false;
  /** Ends the pause after a failed try; undefined between failures. */
  #pause: AbortController | undefined;
  /** Who waits for the next try, however it ends. */
  readonly #onPause = new Set<() => void>();
  #closing: Promise<void> | undefined;

  constructor(settings: UsageQueueSettings<Event>) {
    this.#settings = settings;
  }

  /** Takes an event, or rejects at once when the queue is full or closed. What an earlier process left may be beyond. */
  add(event: Event, queuedMax = this.#settings.queuedMax): Promise<TrackedUsage> {
    const tracked = this.#take(event, queuedMax);
    this.#unsettled.add(tracked);
    // Handled here, so that an event nobody awaits does not end the process as an unhandled rejection.
    tracked
      .catch((error: unknown) => this.#settings.onError(error, event))
      // Whoever is told may fail, too, and is not to end the process either.
      .catch((error: unknown) => console.error('BillingOS: who is told of lost events failed.', error))
      .finally(() => this.#unsettled.delete(tracked));
    return tracked;
  }

  /**
   * Sends what waits now, also when it would be repeated later, and resolves when all of it is settled. Rejects with a
   * TimeoutError; the events stay.
   */
  async flush(timeoutMs: number): Promise<void> {
    this.#pause?.abort();
    this.#sendNow();
    const settled = Promise.allSettled(this.#unsettled);
    const enough = new AbortController();
    const late = sleep(timeoutMs, enough.signal).then(() => {
      throw new TimeoutError(
        `Usage was not recorded within ${timeoutMs} ms; the events that wait (${this.#unsettled.size}) stay queued.`,
      );
    });
    try {
      await Promise.race([settled, late]);
    } finally {
      enough.abort();
      late.catch(() => undefined);
    }
  }

  /**
   * Sends what waits now. Resolves when it is settled, when BillingOS turns out to be away, and after `timeoutMs`: for
   * somebody who waits for more than billing. The events stay.
   */
  async attempt(timeoutMs: number): Promise<void> {
    this.#sendNow();
    if (this.#pause !== undefined || this.#unsettled.size === 0) {
      return;
    }
    const enough = new AbortController();
    const stop = () => enough.abort();
    this.#onPause.add(stop);
    await Promise.race([
      Promise.allSettled(this.#unsettled),
      sleep(timeoutMs, enough.signal).catch(() => undefined),
    ]);
    this.#onPause.delete(stop);
    stop();
  }

  /** Flushes, takes no more, and gives up what is not settled in time. */
  close(timeoutMs: number): Promise<void> {
    this.#closing ??= this.flush(timeoutMs).catch(async () => {
      this.#giveUp.abort(
        new TimeoutError(
          'The client was closed before this event was recorded. Whether it arrived is unknown; repeating it with its idempotency key is safe.',
        ),
      );
      this.#pause?.abort();
      await Promise.allSettled(this.#unsettled);
    });
    return this.#closing;
  }

  #take(event: Event, queuedMax: number): Promise<TrackedUsage> {
    return new Promise((resolve, reject) => {
      const bytes = byteLength(event);
      const refusal = this.#refusal(bytes, queuedMax);
      if (refusal !== undefined) {
        reject(refusal);
        return;
      }
      this.#settings.onTaken?.(event);
      this.#waiting.push({ event, bytes, resolve, reject });
      if (this.#waiting.length >= batchEventsMax) {
        this.#sendNow();
      } else {
        this.#timer ??= setTimeout(() => this.#sendNow(), this.#settings.delayMs);
      }
    });
  }

  #refusal(bytes: number, queuedMax: number): BillingOSError | undefined {
    if (this.#closing !== undefined) {
      return new BillingOSError('client_closed', 'This client is closed. Track usage before close().');
    }
    if (this.#unsettled.size >= queuedMax) {
      return new UsageQueueFullError(queuedMax);
    }
    if (bytes > batchBytesMax) {
      return new BillingOSError(
        'argument_invalid',
        bytes === Infinity
          ? 'The event cannot be written as JSON.'
          : `The event has ${bytes} bytes; ${batchBytesMax} are the most.`,
      );
    }
    return undefined;
  }

  #sendNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#isSending && this.#waiting.length > 0) {
      this.#isSending = true;
      void this.#sendAll();
    }
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#deliver(this.#nextBatch());
    }
    this.#isSending = false;
  }

  #nextBatch(): Waiting<Event>[] {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      bytes += waiting.bytes + 1;
      if (count === batchEventsMax || bytes > batchBytesMax) {
        break;
      }
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  /** Settles every event of the batch. Never rejects. */
  async #deliver(batch: Waiting<Event>[]): Promise<void> {
    try {
      settle(batch, await this.#sendUntilAnswered(batch.map(({ event }) => event)));
    } catch (error) {
      if (error instanceof InvalidRequestError && batch.length > 1) {
        // Something in it makes the whole batch unreadable. Halving finds it, and its neighbours get through.
        const middle = Math.ceil(batch.length / 2);
        await this.#deliver(batch.slice(0, middle));
        await this.#deliver(batch.slice(middle));
        return;
      }
      for (const { reject } of batch) {
        reject(error);
      }
    }
  }

  async #sendUntilAnswered(events: Event[]): Promise<ItemResult[]> {
    const { signal } = this.#giveUp;
    for (let tries = 1; ; tries++) {
      try {
        signal.throwIfAborted();
        return await this.#settings.send(events, signal);
      } catch (error) {
        if (!isTemporary(error) || signal.aborted) {
          throw error;
        }
        await this.#pauseFor(patientDelayMs(error, tries));
      }
    }
  }

  /** Ends early when somebody flushes, or the queue gives up. */
  async #pauseFor(ms: number): Promise<void> {
    this.#pause = new AbortController();
    this.#onPause.forEach((tell) => tell());
    await sleep(ms, this.#pause.signal).catch(() => undefined);
    this.#pause = undefined;
  }
}

/** As JSON; Infinity for what cannot be written so, such as a BigInt. */
function byteLength(event: object): number {
  try {
    return new TextEncoder().encode(JSON.stringify(event)).length;
  } catch {
    return Infinity;
  }
}

function settle<Event extends Keyed>(batch: Waiting<Event>[], results: ItemResult[]): void {
  for (const [index, { event, resolve, reject }] of batch.entries()) {
    // The same key may be in a batch twice, so the position decides; the key proves that nothing was shifted.
    const result = results[index];
    if (result?.status === 'rejected') {
      reject(rejection(result));
    } else if (
      result !== undefined &&
      result.id !== null &&
      result.idempotency_key === event.idempotency_key
    ) {
      resolve({ id: result.id, idempotency_key: event.idempotency_key, status: result.status });
    } else {
      reject(
        new ConnectionError('The answer does not say what became of this event.', {
          code: 'answer_unreadable',
        }),
      );
    }
  }
}

/** The error that the event would have got if it had been sent alone. */
function rejection({ error }: ItemResult): BillingOSError {
  const code = error?.code ?? 'invalid_request';
  return apiError({
    status: code.endsWith('_conflict') ? 409 : 422,
    code,
    message: error?.message ?? 'The event was rejected.',
    param: error?.param,
  });
}
