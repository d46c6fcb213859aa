import type { Check, CheckOptions } from '../core/check.ts';
import { APIError, BillingOSError } from '../core/errors.ts';
import type { RequestOptions } from '../core/request-options.ts';
import { isUnreachable } from '../internal/backoff.ts';
import type { Consumption, ConsumeParams } from '../resources/entitlements.ts';
import { type KeyVerification, type KeyVerify, verificationAnswer } from '../resources/keys.ts';
import type { LoggedCall } from '../resources/requests.ts';
import { type Problem, problemOfDenial, problems } from './problem.ts';

type Maybe<T> = T | Promise<T>;

/** What a gate lets through, and what it does with what passed. */
export interface GateOptions<Request> {
  /**
   * Whose request it is, by your own id; nobody's is answered 401. Default: the request brings a key that you issued to a
   * customer, as `X-API-Key` or else as `Authorization: Bearer …`, and it is verified.
   */
  customer?: ((request: Request) => Maybe<string | null | undefined>) | undefined;
  /** The feature that is needed, or used if it is metered. Default: with a key, the quota feature of its project. */
  feature?: string | ((request: Request) => string | undefined) | undefined;
  /** What the key must be allowed to do. */
  scopes?: readonly string[] | undefined;
  /** How many units of the feature a request is. Default: 1. */
  cost?: number | ((request: Request) => number) | undefined;
  /**
   * Takes the cost before the request is answered, in the step that looks whether it is there: of what is left, no more is
   * ever given. Default: it is reported after the answer, and requests at the same moment may pass together.
   */
  consume?: boolean | undefined;
  /** The meter to report on. Default: the feature, if it is metered. False: report nothing. */
  meter?: string | false | undefined;
  /** Which answers count. Default: all but 5xx. */
  counts?: ((status: number) => boolean) | undefined;
  /** Whether requests are logged. Default: true. */
  log?: boolean | undefined;
  /**
   * When BillingOS cannot be reached and nothing is known, or the feature's `on_outage` denies: `deny` answers 503, `allow`
   * lets through. Default: `deny`.
   */
  away?: 'allow' | 'deny' | undefined;
}

/** Who was let through. */
export interface Admission {
  /** Your own id of the customer, or ours if it has none. Null: BillingOS could not say whose key it is, and `away` is `allow`. */
  customer: string | null;
  /** What the key says; null without one. */
  key: KeyVerification | null;
  /** What was said of the feature; null with a key, and without a feature. */
  check: Check | Consumption | null;
  /** It may be out of date, or nobody knew and `on_outage`, `fallback` or `away` decided. */
  degraded: boolean;
}

export interface Passage {
  admission: Admission | undefined;
  /** What to answer instead, if it is not let through. */
  refusal: Problem | undefined;
  /** For the answer, whatever it is. */
  headers: Record<string, string>;
  /** To be called once, when the request was answered. Returns at once; nothing of it throws. */
  answered(answer: { status: number; endpoint: string; method: string }): void;
}

/** What a framework knows of a request. */
export interface Arrival<Request> {
  request: Request;
  header(name: string): string | undefined;
}

/** What a gate needs of the client. */
export interface Billing {
  check(customer: string, feature: string, options?: CheckOptions): Promise<Check>;
  consume(params: ConsumeParams, options?: RequestOptions): Promise<Consumption>;
  verify(body: KeyVerify, options?: RequestOptions): Promise<KeyVerification>;
  trackUsage(customer: string, meter: string, value: number): Promise<unknown>;
  logRequest(call: LoggedCall): Promise<unknown>;
  /** Of what a request waits for. */
  limits: RequestOptions;
}

interface Decision {
  refusal?: Problem;
  admission?: Admission;
  headers: Record<string, string>;
  /** What to report after the answer. */
  metered?: { customer: string; meter: string; value: number };
  of?: Pick<LoggedCall, 'key' | 'customer'>;
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** Decides about requests of your API, logs and meters them. The entries for frameworks make a middleware of it. */
export class Gate<Request> {
  readonly #billing: Billing;
  readonly #options: GateOptions<Request>;
  /** Features that BillingOS said are metered: known also while it is away. */
  readonly #metered = new Set<string>();

  constructor(billing: Billing, options: GateOptions<Request>) {
    this.#billing = billing;
    this.#options = options;
  }

  /** Throws a BillingOSError for a mistake of yours, such as a feature that does not exist; `cause` says which. */
  async arrived(arrival: Arrival<Request>): Promise<Passage> {
    const began = performance.now();
    const decision = await this.#decide(arrival);
    let isAnswered = false;
    return {
      admission: decision.admission,
      refusal: decision.refusal,
      headers: decision.headers,
      answered: ({ status, endpoint, method }) => {
        if (!isAnswered) {
          isAnswered = true;
          this.#report(decision, { status, endpoint, method, ms: performance.now() - began });
        }
      },
    };
  }

  async #decide(arrival: Arrival<Request>): Promise<Decision> {
    let customer: string | null | undefined;
    try {
      if (this.#options.customer === undefined) {
        return await this.#byKey(arrival);
      }
      customer = await this.#options.customer(arrival.request);
      return await this.#byCustomer(arrival, customer);
    } catch (error) {
      if (isUnreachable(error)) {
        return this.#away(customer ?? null);
      }
      // A mistake of yours, not of your caller: frameworks would answer with the status of an APIError.
      throw error instanceof APIError
        ? new BillingOSError('gate_set_up_wrongly', 'The gate could not decide; the cause says why.', {
            cause: error,
          })
        : error;
    }
  }

  async #byKey({ request, header }: Arrival<Request>): Promise<Decision> {
    // Authorization may hold what is for something else, such as a session; this header is for a key alone.
    const key = header('x-api-key') ?? bearer(header('authorization'));
    if (key === undefined || key === '' || key.length > 255) {
      return { refusal: problems.keyMissing, headers: { 'WWW-Authenticate': 'Bearer' } };
    }
    const { scopes = [], consume = false } = this.#options;
    const { feature, cost } = this.#asked(request);
    const key_ = await this.#billing.verify(
      {
        key,
        scopes: [...scopes],
        cost,
        ...(feature === undefined ? {} : { feature }),
        // Of this request alone. One that your caller chose would let it repeat calls that nobody counts.
        ...(consume ? { consume, idempotency_key: crypto.randomUUID() } : {}),
      },
      this.#billing.limits,
    );
    const { status, headers } = verificationAnswer(key_);
    const customer = key_.external_id ?? key_.customer;
    const of = key_.key_id === null ? {} : { key: key_.key_id };
    if (status !== 200) {
      return {
        refusal: problemOfDenial(status, key_.code, key_.reason),
        headers:
          status === 401 ? { ...headers, 'WWW-Authenticate': 'Bearer error="invalid_token"' } : headers,
        of,
      };
    }
    const meter = this.#meter(key_.quota?.feature);
    return {
      admission: { customer, key: key_, check: null, degraded: key_.degraded },
      headers,
      of,
      ...(consume || meter === undefined || customer === null
        ? {}
        : { metered: { customer, meter, value: cost } }),
    };
  }

  async #byCustomer({ request }: Arrival<Request>, customer: string | null | undefined): Promise<Decision> {
    if (customer === undefined || customer === null || customer === '') {
      return { refusal: problems.customerUnknown, headers: {} };
    }
    const { feature, cost } = this.#asked(request);
    if (feature === undefined) {
      const meter = this.#meter(undefined);
      return {
        admission: { customer, key: null, check: null, degraded: false },
        headers: {},
        of: { customer },
        ...(meter === undefined ? {} : { metered: { customer, meter, value: cost } }),
      };
    }
    const { consume = false } = this.#options;
    const check = consume
      ? await this.#billing.consume(
          { customer, feature, quantity: cost, idempotency_key: crypto.randomUUID() },
          this.#billing.limits,
        )
      : await this.#billing.check(customer, feature, { required: cost });
    if (check.type === 'metered') {
      this.#metered.add(feature);
    }
    const meter = this.#meter(this.#metered.has(feature) ? feature : undefined);
    const metered = meter === undefined ? {} : { metered: { customer, meter, value: cost } };
    // Nobody knows whether: that is no fault of who asks.
    if (!check.allowed && ['unreachable', 'outage'].includes(check.reason ?? '')) {
      // What is let through is used, also where it could not be taken beforehand.
      return { ...this.#away(customer), ...(this.#isOpenWhenAway ? metered : {}) };
    }
    const headers = limitHeaders(check);
    if (!check.allowed) {
      const isSpent =
        check.used !== null && ['limit_reached', 'usage_cap', 'spend_cap'].includes(check.reason ?? '');
      return {
        refusal: problemOfDenial(isSpent ? 429 : 403, isSpent ? 'quota_exceeded' : 'disabled', check.reason),
        headers: isSpent ? { ...headers, ...retryAfter(check) } : headers,
        of: { customer },
      };
    }
    return {
      admission: { customer, key: null, check, degraded: check.degraded },
      headers,
      of: { customer },
      ...(consume ? {} : metered),
    };
  }

  get #isOpenWhenAway(): boolean {
    return this.#options.away === 'allow';
  }

  #away(customer: string | null): Decision {
    const of = customer === null ? {} : { customer };
    return this.#isOpenWhenAway
      ? { admission: { customer, key: null, check: null, degraded: true }, headers: {}, of }
      : { refusal: problems.away, headers: { 'Retry-After': '1' }, of };
  }

  #asked(request: Request): { feature: string | undefined; cost: number } {
    const { feature, cost = 1 } = this.#options;
    return {
      feature: typeof feature === 'function' ? feature(request) : feature,
      cost: typeof cost === 'function' ? cost(request) : cost,
    };
  }

  #meter(feature: string | undefined): string | undefined {
    const { meter = feature } = this.#options;
    return meter === false ? undefined : meter;
  }

  /** Queued: the client sends it with others, and tells of what is lost. */
  #report(
    { metered, of }: Decision,
    { status, endpoint, method, ms }: { status: number; endpoint: string; method: string; ms: number },
  ): void {
    const { log = true, counts = (answered) => answered < 500 } = this.#options;
    if (metered !== undefined && counts(status)) {
      void this.#billing.trackUsage(metered.customer, metered.meter, metered.value).catch(() => undefined);
    }
    const known = methods.find((one) => one === method);
    if (log && known !== undefined) {
      const call = {
        endpoint: endpoint.slice(0, 2_000),
        method: known,
        status_code: status,
        response_time_ms: Math.round(ms * 100) / 100,
        timestamp: new Date().toISOString(),
        idempotency_key: crypto.randomUUID(),
        ...of,
      };
      void this.#billing.logRequest(call).catch(() => undefined);
    }
  }
}

function bearer(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+)$/i.exec(authorization?.trim() ?? '')?.[1];
}

function limitHeaders({
  limit,
  used,
  remaining,
  resets_at: resetsAt,
}: Check | Consumption): Record<string, string> {
  if (limit === null || used === null) {
    return {};
  }
  return {
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Used': String(used),
    'X-RateLimit-Remaining': String(remaining ?? 0),
    ...(resetsAt === null ? {} : { 'X-RateLimit-Reset': String(Math.ceil(Date.parse(resetsAt) / 1_000)) }),
  };
}

function retryAfter({ resets_at: resetsAt }: Check | Consumption): Record<string, string> {
  return resetsAt === null
    ? {}
    : { 'Retry-After': String(Math.max(1, Math.ceil((Date.parse(resetsAt) - Date.now()) / 1_000))) };
}
