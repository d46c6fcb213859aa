import { type Check, type CheckOptions, checkUnknown } from './core/check.ts';
import { NotFoundError } from './core/errors.ts';
import type { ConsumeOptions, RequestOptions, TrackOptions } from './core/request-options.ts';
import { isUnreachable } from './internal/backoff.ts';
import { flushTimeoutMs, type ReportOptions, Reports } from './internal/reports.ts';
import { type ConnectionOptions, readSettings } from './internal/settings.ts';
import { Transport } from './internal/transport.ts';
import { type Question, type SnapshotOptions, Snapshots } from './internal/snapshots.ts';
import type { TrackedUsage } from './internal/usage-queue.ts';
import { Gate, type GateOptions } from './middleware/gate.ts';
import { AddOns } from './resources/add-ons.ts';
import { Checkout } from './resources/checkout.ts';
import { Coupons } from './resources/coupons.ts';
import { Credits } from './resources/credits.ts';
import { Customers } from './resources/customers.ts';
import { Disputes } from './resources/disputes.ts';
import { type Consumption, Entitlements } from './resources/entitlements.ts';
import { Features } from './resources/features.ts';
import { Invoices } from './resources/invoices.ts';
import { Keys } from './resources/keys.ts';
import { Meters } from './resources/meters.ts';
import { Plans } from './resources/plans.ts';
import { Projects } from './resources/projects.ts';
import { type LoggedCall, Requests } from './resources/requests.ts';
import { type Subscription, Subscriptions } from './resources/subscriptions.ts';
import { Usage } from './resources/usage.ts';

export interface BillingOSOptions extends ConnectionOptions, ReportOptions {
  /**
   * What `hasFeature` and `check` answer when BillingOS cannot be reached or cannot look it up, and nothing is known: for
   * all features, or for each, such as `{ exports: true }`. For those not named: what BillingOS says (`on_outage` of the
   * feature) if it can be reached, else false.
   */
  fallback?: boolean | Readonly<Record<string, boolean>> | undefined;
  /**
   * Keep what customers may do in memory, as a stream tells it, and answer checks from there: `true`, or its limits.
   * Default: every check asks.
   */
  snapshot?: boolean | SnapshotOptions | undefined;
}

/** A check is waited for: it gets two tries in 3 seconds. */
const checkDeadlineMs = 3_000;
const checkTimeoutMs = 1_300;
const checkRetriesMax = 1;
const readyTimeoutMs = 10_000;

/**
 * A client of BillingOS. Make one and keep it: it holds the usage that waits to be sent. Wherever a customer is named,
 * your own id of it is meant; ours (`cus_…`) works, too.
 */
export class BillingOS {
  readonly customers: Customers;
  readonly features: Features;
  readonly meters: Meters;
  readonly plans: Plans;
  readonly addOns: AddOns;
  readonly coupons: Coupons;
  readonly credits: Credits;
  readonly subscriptions: Subscriptions;
  readonly invoices: Invoices;
  readonly disputes: Disputes;
  readonly checkout: Checkout;
  readonly entitlements: Entitlements;
  readonly usage: Usage;
  readonly keys: Keys;
  readonly projects: Projects;
  readonly requests: Requests;

  readonly #fallback: BillingOSOptions['fallback'];
  readonly #snapshots: Snapshots | undefined;
  readonly #checkLimits: RequestOptions;
  readonly #reports: Reports;

  /** Throws a BillingOSError when the key is missing or malformed, or secret and in a web page. */
  constructor(options: BillingOSOptions = {}) {
    const settings = readSettings(options);
    const transport = new Transport(settings);
    this.customers = new Customers(transport);
    this.features = new Features(transport);
    this.meters = new Meters(transport);
    this.plans = new Plans(transport);
    this.addOns = new AddOns(transport);
    this.coupons = new Coupons(transport);
    this.credits = new Credits(transport);
    this.subscriptions = new Subscriptions(transport);
    this.invoices = new Invoices(transport);
    this.disputes = new Disputes(transport);
    this.checkout = new Checkout(transport);
    this.entitlements = new Entitlements(transport);
    this.usage = new Usage(transport);
    this.keys = new Keys(transport);
    this.projects = new Projects(transport);
    this.requests = new Requests(transport);

    this.#fallback = options.fallback;
    this.#checkLimits = {
      timeoutMs: Math.min(settings.timeoutMs, checkTimeoutMs),
      retriesMax: Math.min(settings.retriesMax, checkRetriesMax),
    };
    this.#snapshots =
      options.snapshot === undefined || options.snapshot === false
        ? undefined
        : new Snapshots(this.entitlements, options.snapshot === true ? {} : options.snapshot, {
            ...this.#checkLimits,
            // Whoever waits for it asks for the check itself if it fails, and has time left for that.
            retriesMax: 0,
            deadlineMs: checkDeadlineMs - checkTimeoutMs,
          });
    this.#reports = new Reports({ usage: this.usage, requests: this.requests }, options);
  }

  /**
   * Whether the customer may use the feature now, one unit of it if it is metered. With `snapshot`, from memory; else it
   * asks BillingOS. When that cannot be reached within 3 seconds, the last known answer or the fallback is the answer.
   * Throws a NotFoundError for a feature that does not exist: a typo should not look like a "no".
   */
  async hasFeature(customer: string, feature: string, options?: CheckOptions): Promise<boolean> {
    const known = this.#snapshots?.judge({ customer, feature, required: options?.required ?? 1 });
    if (known !== undefined) {
      return known;
    }
    const { allowed } = await this.check(customer, feature, options);
    return allowed;
  }

  /** Like `hasFeature`, with the reason and the numbers. `degraded` marks an answer that may be out of date or a fallback. */
  async check(
    customer: string,
    feature: string,
    {
      required,
      fallback,
      deadlineMs = checkDeadlineMs,
      timeoutMs = this.#checkLimits.timeoutMs,
      retriesMax = this.#checkLimits.retriesMax,
      signal,
    }: CheckOptions = {},
  ): Promise<Check> {
    const question = { customer, feature, required: required ?? 1 };
    const known = this.#snapshots?.peek(question);
    if (known !== undefined) {
      return known;
    }
    const limits = { deadlineMs, timeoutMs, retriesMax, signal };
    try {
      const answer =
        this.#snapshots === undefined
          ? await this.entitlements.check({ customer, feature, required }, limits)
          : await this.#snapshots.ask(question, limits);
      return answer.reason === 'outage' ? this.#unknown(question, fallback, answer) : answer;
    } catch (error) {
      if (isUnreachable(error)) {
        return this.#unknown(question, fallback, undefined);
      }
      throw error;
    }
  }

  /**
   * What memory says now, without waiting: `billing.peek('user_42', 'exports')?.allowed`. Undefined without `snapshot`,
   * and when only BillingOS can say, such as the first time a customer is asked for.
   */
  peek(customer: string, feature: string, { required = 1 }: { required?: number } = {}): Check | undefined {
    return this.#snapshots?.peek({ customer, feature, required });
  }

  /**
   * With `snapshot`: connects the stream, and resolves when it is. Not needed: the first check connects it. Rejects with
   * a TimeoutError after `timeoutMs` (10,000 by default), while connecting goes on, and at once with what BillingOS says
   * when it refuses, such as an AuthenticationError for a wrong key.
   */
  async ready({ timeoutMs = readyTimeoutMs }: { timeoutMs?: number } = {}): Promise<void> {
    await this.#snapshots?.ready(timeoutMs);
  }

  /**
   * Reports usage on a meter; a metered feature's key names its meter. Returns at once: the event waits for up to 100 ms
   * and is sent with others, again and again with the same key while BillingOS is away, and counts once. The promise
   * resolves when the event is on disk at BillingOS, and rejects with a typed error when it is refused or the queue of
   * 10,000 events is full. Not awaiting it is fine: failures also go to `onUsageError`.
   */
  trackUsage(
    customer: string,
    meter: string,
    value = 1,
    { idempotencyKey, occurredAt, properties }: TrackOptions = {},
  ): Promise<TrackedUsage> {
    // With a key of the caller's own, the time may differ each time the same usage is tracked, and BillingOS would take
    // that for a different event under the same key. With a key made here nobody can repeat it but the queue.
    const time = occurredAt ?? (idempotencyKey === undefined ? new Date() : undefined);
    const tracked = this.#reports.track({
      idempotency_key: idempotencyKey ?? crypto.randomUUID(),
      customer,
      meter,
      value,
      ...(time === undefined
        ? {}
        : { occurred_at: typeof time === 'string' ? time : new Date(time).toJSON() }),
      // A copy: what is repeated must be what was tracked, whatever the caller does with the object.
      ...(properties === undefined ? {} : { properties: { ...properties } }),
    });
    this.#snapshots?.used({ customer, meter, value }, tracked);
    return tracked;
  }

  /**
   * Takes units of a metered feature if so many are left, in one step: of what is left, no more is ever given, however
   * many ask at once. A denial does not throw, `allowed` and `reason` tell it; that BillingOS is away does. What is taken
   * is used: do not track it as well.
   */
  consume(
    customer: string,
    feature: string,
    quantity = 1,
    { idempotencyKey, properties, ...options }: ConsumeOptions = {},
  ): Promise<Consumption> {
    const body = {
      idempotency_key: idempotencyKey ?? crypto.randomUUID(),
      customer,
      feature,
      quantity,
      properties,
    };
    return this.entitlements.consume(body, options);
  }

  /**
   * Logs a call to your API, for the request log and its charts. Queued and repeated as usage is; a gate does it for you.
   * The promise resolves when it is stored, and rejects when it is given up; not awaiting it is fine.
   */
  logRequest(call: LoggedCall): Promise<TrackedUsage> {
    return this.#reports.log({
      timestamp: new Date().toISOString(),
      idempotency_key: crypto.randomUUID(),
      ...call,
    });
  }

  /**
   * Decides about requests to your API, by the key or the customer of each, logs and meters them. `gate` of
   * `@billingos/sdk/express`, `/fastify`, `/next` and `/nest` make a middleware of it; use this for other frameworks.
   */
  gate<Request>(options: GateOptions<Request> = {}): Gate<Request> {
    return new Gate(
      {
        check: (customer, feature, limits) => this.check(customer, feature, limits),
        consume: (params, limits) => this.entitlements.consume(params, limits),
        verify: (body, limits) => this.keys.verify(body, limits),
        trackUsage: (customer, meter, value) => this.trackUsage(customer, meter, value),
        logRequest: (call) => this.logRequest(call),
        limits: { ...this.#checkLimits, deadlineMs: checkDeadlineMs },
      },
      options,
    );
  }

  /**
   * With `serverless`, and without `waitUntil`: sends what waits, for up to 3 seconds and not while BillingOS is away.
   * Otherwise nothing has to be waited for. Never rejects.
   */
  settle(): Promise<void> {
    return this.#reports.settle();
  }

  /** The running subscription of a customer, or null. The newest, if there are several in different plan groups. */
  async getSubscription(customer: string, options?: RequestOptions): Promise<Subscription | null> {
    try {
      // The list takes several customers separated by commas, which one customer's id may contain.
      const id = customer.includes(',') ? (await this.customers.retrieve(customer, options)).id : customer;
      const { data } = await this.subscriptions.list({ customer: id, status: 'running', limit: 1 }, options);
      return data[0] ?? null;
    } catch (error) {
      if (error instanceof NotFoundError && error.code === 'customer_not_found') {
        return null;
      }
      throw error;
    }
  }

  /**
   * Sends the usage and the logged requests that wait, and resolves when all is recorded or refused. Rejects with a
   * TimeoutError after `timeoutMs` (30,000 by default); the events stay queued.
   */
  flush({ timeoutMs = flushTimeoutMs }: { timeoutMs?: number } = {}): Promise<void> {
    return this.#reports.flush(timeoutMs);
  }

  /**
   * Flushes, takes no more usage, and ends the stream, which keeps a process alive. Call it when your process shuts
   * down. Events that are not recorded within `timeoutMs` (30,000 by default) are given up and go to `onUsageError`.
   */
  async close({ timeoutMs = flushTimeoutMs }: { timeoutMs?: number } = {}): Promise<void> {
    await Promise.all([this.#snapshots?.close(), this.#reports.close(timeoutMs)]);
  }

  /** What was last known here, else what the caller's code says, else what BillingOS said by policy, else no. */
  #unknown(question: Question, fallback: boolean | undefined, said: Check | undefined): Check {
    const known = this.#snapshots?.lastKnown(question);
    if (known !== undefined) {
      return known;
    }
    const { feature } = question;
    const chosen =
      fallback ?? (typeof this.#fallback === 'object' ? this.#fallback[feature] : this.#fallback);
    if (said !== undefined && chosen === undefined) {
      return said;
    }
    return checkUnknown(feature, { allowed: chosen ?? false, type: said?.type ?? null });
  }
}
