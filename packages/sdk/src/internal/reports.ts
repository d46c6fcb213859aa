import { APIError, AuthenticationError, BillingOSError, PermissionError } from '../core/errors.ts';
import type { LoggedCall, Requests } from '../resources/requests.ts';
import type { Usage, UsageEvent } from '../resources/usage.ts';
import { sleep } from './sleep.ts';
import { type TrackedUsage, UsageQueue } from './usage-queue.ts';
import type { UsageSpool } from './usage-spool.ts';

/** How usage and logs reach BillingOS. */
export interface ReportOptions {
  /**
   * Told of every usage event that is given up: rejected, or not recorded before `close` ended. Default: one line on
   * the console, because the promise of `trackUsage` is often not awaited.
   */
  onUsageError?: ((error: unknown, event: UsageEvent) => void) | undefined;
  /** Told of every logged request that is given up. Default: one line on the console for each kind of error. */
  onLogError?: ((error: unknown, call: LoggedCall) => void) | undefined;
  /**
   * Keeps usage beyond the life of the process: `fileSpool({ path })` of `@billingos/sdk/spool`, in Node. What an earlier
   * process left behind is sent at once. Default: in memory only.
   */
  spool?: UsageSpool | undefined;
  /**
   * For functions that may be stopped once they have answered: nothing waits for others, and what is reported is sent
   * before a gate's answer is. With `waitUntil` of your platform, beside it. Default: false.
   */
  serverless?: boolean | { waitUntil: (work: Promise<void>) => void } | undefined;
}

type KeyedCall = LoggedCall & { idempotency_key: string };

const queuedMax = 10_000;
const recoveredMax = 5_000;
const delayMs = 100;
export const flushTimeoutMs = 30_000;
const settleTimeoutMs = 3_000;

/** What is reported and not waited for: usage and logs, each queued, sent in batches and repeated until it is stored. */
export class Reports {
  readonly #usage: UsageQueue<UsageEvent>;
  readonly #logs: UsageQueue<KeyedCall>;
  readonly #spool: UsageSpool | undefined;
  readonly #serverless: NonNullable<ReportOptions['serverless']>;
  #isSpoolFull = false;
  #isClosed = false;

  constructor(resources: { usage: Usage; requests: Requests }, options: ReportOptions) {
    this.#serverless = options.serverless ?? false;
    const common = { queuedMax, delayMs: this.#serverless === false ? delayMs : 0 };
    // The queues repeat by themselves, for longer than a single request would.
    this.#usage = new UsageQueue<UsageEvent>({
      ...common,
      onTaken: (event) => this.#keep(event),
      send: async (events, signal) =>
        (await resources.usage.trackBatch(events, { signal, retriesMax: 0 })).results,
      onError: options.onUsageError ?? reportLostUsage,
    });
    this.#logs = new UsageQueue<KeyedCall>({
      ...common,
      send: async (calls, signal) => {
        const { results } = await resources.requests.trackBatch(calls, { signal, retriesMax: 0 });
        return results.map((result, index) => ({
          ...result,
          idempotency_key: calls[index]?.idempotency_key ?? null,
        }));
      },
      onError: options.onLogError ?? reportLostLogs(),
    });
    this.#spool = options.spool;
    void this.#recover();
  }

  /** Spooled before it is sent, and until it is known what became of it. */
  track(event: UsageEvent): Promise<TrackedUsage> {
    const tracked = this.#usage.add(event);
    this.#unspool(event, tracked);
    this.#keepAlive(tracked);
    return tracked;
  }

  log(call: KeyedCall): Promise<TrackedUsage> {
    const logged = this.#logs.add(call);
    this.#keepAlive(logged);
    return logged;
  }

  async flush(timeoutMs: number): Promise<void> {
    await Promise.all([this.#usage.flush(timeoutMs), this.#logs.flush(timeoutMs)]);
  }

  /**
   * What has to be waited for before a function may be stopped: not for long, and not for BillingOS while it is away,
   * since somebody waits for the function's answer. Never rejects.
   */
  async settle(): Promise<void> {
    if (this.#serverless === true) {
      await Promise.all([this.#usage.attempt(settleTimeoutMs), this.#logs.attempt(settleTimeoutMs)]);
    }
  }

  async close(timeoutMs: number): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#usage.close(timeoutMs), this.#logs.close(timeoutMs)]);
    this.#spool?.close();
  }

  /** What an earlier process left behind, part by part: what is used now needs room, too. */
  async #recover(): Promise<void> {
    const left = this.#spool?.recover() ?? [];
    while (left.length > 0 && !this.#isClosed) {
      const sent = left.splice(0, recoveredMax).map((event) => {
        const tracked = this.#usage.add(event, Infinity);
        this.#unspool(event, tracked);
        return tracked;
      });
      await Promise.allSettled(sent);
    }
  }

  #unspool({ idempotency_key: key }: UsageEvent, tracked: Promise<TrackedUsage>): void {
    tracked.then(
      () => this.#spool?.remove(key),
      (error: unknown) => {
        if (isOfEvent(error)) {
          this.#spool?.remove(key);
        }
      },
    );
  }

  #keep(event: UsageEvent): void {
    const isSpooled = this.#spool?.add(event) ?? true;
    if (!isSpooled && !this.#isSpoolFull) {
      console.error('BillingOS: the spool has no room; usage is kept in memory only until it has.');
    }
    this.#isSpoolFull = !isSpooled;
  }

  /** Asks the platform not to stop the function before what was reported is stored. */
  #keepAlive(reported: Promise<TrackedUsage>): void {
    if (typeof this.#serverless === 'object') {
      const enough = new AbortController();
      const settled = reported.then(
        () => enough.abort(),
        () => enough.abort(),
      );
      const late = sleep(flushTimeoutMs, enough.signal).catch(() => undefined);
      try {
        this.#serverless.waitUntil(Promise.race([settled, late]));
      } catch {
        // The platform waits for nothing outside of a request. The event is on its way all the same.
      }
    }
  }
}

/**
 * Whether BillingOS refused the event itself. What was given up without an answer, as by close(), and what a wrong key was
 * refused for, the next process sends.
 */
function isOfEvent(error: unknown): boolean {
  return (
    error instanceof APIError &&
    !(error instanceof AuthenticationError) &&
    !(error instanceof PermissionError)
  );
}

function reportLostUsage(error: unknown, { meter, idempotency_key }: UsageEvent): void {
  console.error(`BillingOS: usage of ${meter} was not recorded (event ${idempotency_key}): ${String(error)}`);
}

/** A log that is refused is refused a thousand times: the first says it all. */
function reportLostLogs(): (error: unknown) => void {
  const told = new Set<string>();
  return (error) => {
    const code = error instanceof BillingOSError ? error.code : 'unknown';
    if (!told.has(code)) {
      told.add(code);
      console.error(`BillingOS: requests are not logged: ${String(error)}`);
    }
  };
}
