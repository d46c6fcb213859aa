import { BillingOSError, NotFoundError, ServiceUnavailableError, TimeoutError } from '../core/errors.ts';
import type { RequestOptions } from '../core/request-options.ts';
import type {
  CustomerEntitlements,
  EntitlementCheck,
  EntitlementCheckQuery,
  EntitlementEvent,
  EntitlementStreamParams,
} from '../resources/entitlements.ts';
import { isUnreachable, patientDelayMs } from './backoff.ts';
import { LocalEntitlements, type Verdict } from './local-entitlements.ts';
import { sleep, timerMaxMs } from './sleep.ts';

/** How checks are answered from this process's memory. */
export interface SnapshotOptions {
  /** Follow these alone, up to 100, and load them at once. Default: whoever is checked. */
  customers?: readonly string[] | undefined;
  /** How many are kept; who was not checked for longest goes. Default: 10,000. */
  maxCustomers?: number | undefined;
  /** The longest that what was read is answered without reading it anew, whatever the stream says. Default: 60,000. */
  maxAgeMs?: number | undefined;
}

/** Where entitlements come from: the resource, in tests and in life. */
export interface EntitlementSource {
  check(query: EntitlementCheckQuery, options?: RequestOptions): Promise<EntitlementCheck>;
  ofCustomer(customer: string, options?: RequestOptions): Promise<CustomerEntitlements>;
  stream(
    params: EntitlementStreamParams,
    options: { signal: AbortSignal },
  ): AsyncGenerator<EntitlementEvent, void, undefined>;
}

export interface Question {
  customer: string;
  feature: string;
  required: number;
}

/** BillingOS says something every 15 seconds. Who heard nothing for longer does not know what has changed. */
const trustedMs = 20_000;
/** What is still asked for is read anew before it is too old. */
const renewAtShareOfAge = 0.75;
/** After BillingOS gave no answer, what is known is answered at once for so long. */
const awayMs = 5_000;
/** Usage tracked here is in what BillingOS says a moment after it was stored, and counted here until then. */
const ownKeptMs = 2_000;
/** What was read a moment ago is not read again because a limit is near. */
const rereadMs = 1_000;

/** Keeps what customers may do, as the stream tells it, so that checks need no request. */
export class Snapshots {
  readonly #source: EntitlementSource;
  /** Of each reading, which somebody waits for. */
  readonly #limits: RequestOptions;
  readonly #named: ReadonlySet<string> | undefined;
  readonly #maxCustomers: number;
  readonly #maxAgeMs: number;
  readonly #entries = new Map<string, LocalEntitlements>();
  /** Those that are asked for by our id, while usage is told by the merchant's own. */
  readonly #byExternalId = new Map<string, LocalEntitlements>();
  /** Own usage that was stored, until BillingOS has said it: the oldest first. */
  readonly #stored: { entry: LocalEntitlements; meter: string; value: number; until: number }[] = [];
  readonly #closed = new AbortController();
  #following: Promise<void> | undefined;
  /** Who waits for the stream: told that it is connected, or why it never will be. */
  readonly #onReady = new Set<(refusal?: unknown) => void>();
  #isReady = false;
  /** Why BillingOS last refused the stream, such as a wrong key. */
  #refusal: unknown;
  #heardAt = -Infinity;
  #awayUntil = -Infinity;

  constructor(
    source: EntitlementSource,
    { customers, maxCustomers = 10_000, maxAgeMs = 60_000 }: SnapshotOptions,
    limits: RequestOptions,
  ) {
    if (customers !== undefined && (customers.length === 0 || customers.length > 100)) {
      throw new BillingOSError(
        'configuration_invalid',
        'snapshot.customers names 1 to 100 customers; leave it out to keep whoever is checked.',
      );
    }
    this.#source = source;
    this.#limits = limits;
    this.#named = customers && new Set(customers);
    this.#maxCustomers = maxCustomers;
    this.#maxAgeMs = maxAgeMs;
  }

  /** The answer, if it is certain: heard of lately, read not long ago, of this billing period. */
  judge({ customer, feature, required }: Question): Verdict {
    const entry = this.#entries.get(customer);
    if (entry === undefined) {
      return undefined;
    }
    const now = Date.now();
    const age = now - entry.readAt;
    if (age > this.#maxAgeMs * renewAtShareOfAge && age < this.#maxAgeMs && entry.loading === undefined) {
      // Beside the answer; who comes when it is too old waits for it, and is told if it fails.
      this.#load(customer, entry).catch(() => undefined);
    }
    entry.isUsed = true;
    if (this.#stored.length > 0) {
      this.#forgetStored(now);
    }
    return this.#isCertain(entry, now) ? entry.judge(feature, required) : undefined;
  }

  /** The same with its reason and numbers. */
  peek(question: Question) {
    const allowed = this.judge(question);
    return allowed === undefined ? undefined : this.#describe(question, allowed);
  }

  /** Reads what is missing or out of date, and asks BillingOS what no copy can answer. */
  async ask(question: Question, options: RequestOptions) {
    if (this.#named?.has(question.customer) === false) {
      return this.#check(question, options);
    }
    this.start();
    if (Date.now() < this.#awayUntil) {
      return this.lastKnown(question) ?? this.#check(question, options);
    }
    const began = performance.now();
    let isRead = false;
    try {
      const read = await this.#readAndJudge(question, options.signal);
      isRead = true;
      return read ?? (await this.#check(question, options));
    } catch (error) {
      if (!isUnreachable(error)) {
        throw error;
      }
      this.#awayUntil = Date.now() + awayMs;
      const known = this.lastKnown(question);
      // It cannot look anything up, or takes too long: a check it may still answer, by what it knows.
      const mayKnow = !isRead && (error instanceof ServiceUnavailableError || error instanceof TimeoutError);
      if (known !== undefined) {
        return known;
      }
      if (!mayKnow) {
        throw error;
      }
      const { deadlineMs = Infinity } = options;
      return this.#check(question, { ...options, deadlineMs: deadlineMs - (performance.now() - began) });
    }
  }

  /** What was true when BillingOS last said something, marked; undefined if nothing is known. */
  lastKnown(question: Question) {
    const entry = this.#entries.get(question.customer);
    if (entry === undefined || !entry.isKnown || Date.now() >= entry.endsAt) {
      return undefined;
    }
    const { type } = entry.describe(question.feature, question.required, true);
    // Of a feature that it does not list and was never asked about, nothing is known.
    const allowed = entry.judge(question.feature, question.required) ?? (type === null ? undefined : false);
    return allowed === undefined ? undefined : { ...this.#describe(question, allowed), degraded: true };
  }

  /** Counts usage that this process reports at once, and until BillingOS has counted it. */
  used(
    { customer, meter, value }: { customer: string; meter: string; value: number },
    stored: Promise<unknown>,
  ): void {
    const entry = this.#entries.get(customer);
    if (entry === undefined || !Number.isFinite(value)) {
      return;
    }
    this.#forgetStored();
    entry.addOwn(meter, value);
    stored.then(
      () => this.#stored.push({ entry, meter, value, until: Date.now() + ownKeptMs }),
      () => entry.addOwn(meter, -value),
    );
  }

  /** When the stream is connected. Rejects when BillingOS refuses it, and when it takes too long. */
  ready(timeoutMs: number): Promise<void> {
    this.start();
    return new Promise((resolve, reject) => {
      if (this.#isReady) {
        resolve();
        return;
      }
      const tell = (refusal?: unknown) => {
        clearTimeout(timer);
        this.#onReady.delete(tell);
        if (refusal === undefined) {
          resolve();
        } else {
          reject(refusal);
        }
      };
      const timer = setTimeout(
        () =>
          tell(new TimeoutError(`The stream was not connected within ${timeoutMs} ms; it goes on trying.`)),
        Math.min(timeoutMs, timerMaxMs),
      );
      this.#onReady.add(tell);
      if (this.#refusal !== undefined) {
        tell(this.#refusal);
      }
    });
  }

  start(): void {
    this.#following ??= this.#follow();
  }

  /** Ends the stream, and forgets what it told. */
  async close(): Promise<void> {
    this.#refusal = new BillingOSError('client_closed', 'This client is closed.');
    this.#closed.abort(this.#refusal);
    this.#isReady = false;
    this.#tellReady(this.#refusal);
    this.#heardAt = -Infinity;
    await this.#following;
  }

  #isCertain(entry: LocalEntitlements, now: number): boolean {
    return (
      !entry.isOutdated &&
      !entry.mustAsk &&
      now - entry.readAt < this.#maxAgeMs &&
      now < entry.endsAt &&
      now - this.#heardAt < trustedMs
    );
  }

  #describe({ customer, feature, required }: Question, allowed: boolean) {
    const entry = this.#entries.get(customer) ?? new LocalEntitlements();
    return { ...entry.describe(feature, required, allowed), degraded: false };
  }

  async #readAndJudge(question: Question, signal: AbortSignal | undefined) {
    const entry = this.#entryOf(question.customer);
    const now = Date.now();
    const isFresh = now - entry.readAt < rereadMs;
    // What is certain says no by what was used since it was read, or does not list the feature.
    const isNeedless = this.#isCertain(entry, now)
      ? isFresh || !entry.lists(question.feature)
      : isFresh && entry.mustAsk;
    if (!isNeedless) {
      await within(this.#load(question.customer, entry), signal);
    }
    const allowed = entry.mustAsk ? undefined : entry.judge(question.feature, question.required);
    return allowed === undefined ? undefined : this.#describe(question, allowed);
  }

  async #check(question: Question, options: RequestOptions): Promise<EntitlementCheck> {
    const answer = await this.#source.check(question, options);
    if (answer.reason === 'not_entitled' && !answer.degraded) {
      this.#entries.get(question.customer)?.deny(question.feature, answer.version);
    }
    return answer;
  }

  /** Once for all who want it. */
  #load(customer: string, entry: LocalEntitlements): Promise<void> {
    entry.loading ??= this.#read(customer, entry).finally(() => {
      entry.loading = undefined;
    });
    return entry.loading;
  }

  async #read(customer: string, entry: LocalEntitlements): Promise<void> {
    const began = Date.now();
    // What the stream tells while this is on its way is newer than what it brings, perhaps.
    const wasOutdated = entry.isOutdated;
    entry.isOutdated = false;
    try {
      const said = await this.#source.ofCustomer(customer, this.#limits);
      const isOutdatedAgain = entry.isOutdated;
      entry.take(said, began);
      if (said.external_id !== null && said.external_id !== customer) {
        this.#byExternalId.set(said.external_id, entry);
      }
      entry.isOutdated = isOutdatedAgain;
      this.#awayUntil = -Infinity;
    } catch (error) {
      entry.isOutdated ||= wasOutdated;
      if (!(error instanceof NotFoundError)) {
        throw error;
      }
      entry.mustAsk = true;
      entry.readAt = began;
    }
  }

  #entryOf(customer: string): LocalEntitlements {
    const known = this.#entries.get(customer);
    if (known !== undefined) {
      return known;
    }
    this.#makeRoom();
    const entry = new LocalEntitlements();
    this.#entries.set(customer, entry);
    return entry;
  }

  /** Whoever was not looked at since the last time goes; who was, goes to the end of the queue. */
  #makeRoom(): void {
    for (const [customer, entry] of this.#entries) {
      if (this.#entries.size < this.#maxCustomers) {
        return;
      }
      this.#entries.delete(customer);
      if (entry.isUsed) {
        entry.isUsed = false;
        this.#entries.set(customer, entry);
      } else if (entry.externalId !== null) {
        this.#byExternalId.delete(entry.externalId);
      }
    }
  }

  #forgetStored(now = Date.now()): void {
    for (let first = this.#stored[0]; first !== undefined && first.until <= now; first = this.#stored[0]) {
      first.entry.addOwn(first.meter, -first.value);
      this.#stored.shift();
    }
  }

  /** Reads the stream until the client is closed, and again whenever it ends. Never rejects. */
  async #follow(): Promise<void> {
    const { signal } = this.#closed;
    let lastEventId: string | undefined;
    for (let tries = 1; !signal.aborted; tries++) {
      let failure: unknown;
      try {
        for await (const event of this.#source.stream(
          { customers: this.#named && [...this.#named], lastEventId },
          { signal },
        )) {
          this.#heardAt = Date.now();
          this.#refusal = undefined;
          tries = 0;
          this.#take(event);
          if (event.type !== 'heartbeat') {
            lastEventId = event.id;
          }
        }
      } catch (error) {
        failure = error;
        if (!isUnreachable(error) && !signal.aborted) {
          this.#refusal = error;
          this.#tellReady(error);
        }
      }
      // BillingOS ends a stream every few minutes: then it is opened again soon. What failed waits for longer each time.
      await sleep(patientDelayMs(failure, Math.max(1, tries)), signal).catch(() => undefined);
    }
  }

  #tellReady(refusal?: unknown): void {
    for (const tell of this.#onReady) {
      tell(refusal);
    }
  }

  #take(event: EntitlementEvent): void {
    switch (event.type) {
      case 'entitlements': {
        const { customer, external_id: own } = event.data;
        for (const name of new Set([customer, own ?? customer])) {
          const entry = this.#named?.has(name) === true ? this.#entryOf(name) : this.#entries.get(name);
          entry?.take(event.data, Date.now());
        }
        break;
      }
      case 'usage':
        this.#entries.get(event.data.customer)?.takeUsage(event.data);
        this.#byExternalId.get(event.data.customer)?.takeUsage(event.data);
        break;
      case 'reset':
        for (const entry of this.#entries.values()) {
          entry.isOutdated = true;
        }
        break;
      case 'ready':
        this.#isReady = true;
        this.#tellReady();
        break;
      case 'heartbeat':
        break;
    }
  }
}

/** A result, or the reason of a caller who gives up; who else waits for it goes on waiting. */
function within<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) {
    return work;
  }
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) {
      stop();
    }
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
