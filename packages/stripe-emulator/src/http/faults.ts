import { StripeError } from './errors.ts';
import type { SeenRequest } from './gate.ts';
import { globPattern } from './glob-pattern.ts';

/** What goes wrong with a request. */
export type RequestFaultKind =
  /** The request takes effect; its answer never comes. */
  | 'apply_then_timeout'
  /** The request takes effect; its connection breaks instead of an answer. */
  | 'drop_after_apply'
  /** 429 before anything is looked at; nothing is saved under the idempotency key. */
  | 'rate_limit'
  /** 500 that is saved under the idempotency key. Takes effect only when the rule says `applied`. */
  | 'server_error'
  /** A meter event counts, but the answer is that its identifier was used before. */
  | 'duplicate_identifier';

/** What goes wrong with the first delivery of an event. `lose` leaves it in the list of events only. */
export type WebhookFaultKind = 'delay' | 'duplicate' | 'reorder' | 'lose';

interface Chance {
  /** 0 to 1; 1 when absent. */
  probability?: number;
  /** How often it strikes at most; without end when absent. */
  times?: number;
}

export interface RequestFaultRule extends Chance {
  kind: RequestFaultKind;
  method?: string;
  /** `*` in the path matches anything; every path when absent. */
  path?: string;
  /** For `server_error`: the request takes effect all the same. */
  applied?: boolean;
}

export interface WebhookFaultRule extends Chance {
  kind: WebhookFaultKind;
  /** The type of event; `*` matches anything; every type when absent. */
  type?: string;
  /** `delay`: how long; `reorder`: within how long events overtake each other. 200 ms when absent. */
  delay_ms?: number;
  /** `duplicate`: how many deliveries in all; 2 when absent. */
  copies?: number;
}

/** Faults drawn from one seeded sequence: the same seed and the same order of requests give the same faults. */
export interface FaultScript {
  seed?: number;
  requests?: RequestFaultRule[];
  webhooks?: WebhookFaultRule[];
  /** Requests a second for each endpoint of each account and mode, as Stripe limits them to 25. None when absent. */
  rate_limit_per_second?: number;
}

/** What becomes of one delivery: one entry for each time it is sent, the wait before it in milliseconds. */
export type DeliveryPlan = number[];

interface Armed<R> {
  rule: R;
  pattern: RegExp;
  left: number;
}

const SECOND = 1000;
const OVERTAKE_MS = 200;
const OVER_LIMIT: RequestFaultRule = { kind: 'rate_limit' };

/** The script at work. Without one nothing goes wrong. */
export class Faults {
  #random = seeded(1);
  #script: FaultScript = {};
  #requests: Armed<RequestFaultRule>[] = [];
  #webhooks: Armed<WebhookFaultRule>[] = [];
  readonly #struck = new Map<string, number>();
  readonly #recent = new Map<string, number[]>();

  /** Replaces the script; the counts of what struck begin anew. */
  run(script: FaultScript): void {
    this.#script = script;
    this.#random = seeded(script.seed ?? 1);
    this.#requests = (script.requests ?? []).map((rule) => armed(rule, rule.path));
    this.#webhooks = (script.webhooks ?? []).map((rule) => armed(rule, rule.type));
    this.#struck.clear();
    this.#recent.clear();
  }

  get script(): FaultScript {
    return this.#script;
  }

  /** How often each kind struck since the script began. */
  struck(): Record<string, number> {
    return Object.fromEntries(this.#struck);
  }

  /** The fault of a request, if one strikes; `endpoint` is its operation, whatever ids the path holds. */
  request(seen: SeenRequest, endpoint: string): RequestFaultRule | undefined {
    if (this.#overLimit(seen, endpoint)) return this.#strike(OVER_LIMIT);
    for (const candidate of this.#requests) {
      const { rule, pattern } = candidate;
      if (rule.method !== undefined && rule.method.toUpperCase() !== seen.method) continue;
      if (rule.kind === 'duplicate_identifier' && endpoint !== 'POST /v1/billing/meter_events') continue;
      if (pattern.test(seen.path) && this.#draws(candidate)) return this.#strike(rule);
    }
    return undefined;
  }

  /** When an event is sent to an endpoint: `[0]` without a fault, nothing when it is lost. */
  delivery(type: string): DeliveryPlan {
    for (const candidate of this.#webhooks) {
      const { rule, pattern } = candidate;
      if (!pattern.test(type) || !this.#draws(candidate)) continue;
      this.#strike(rule);
      const wait = rule.delay_ms ?? OVERTAKE_MS;
      if (rule.kind === 'lose') return [];
      if (rule.kind === 'delay') return [wait];
      if (rule.kind === 'reorder') return [Math.floor(this.#random() * wait)];
      return Array.from({ length: rule.copies ?? 2 }, () => 0);
    }
    return [0];
  }

  #draws(candidate: Armed<RequestFaultRule | WebhookFaultRule>): boolean {
    if (candidate.left <= 0 || this.#random() >= (candidate.rule.probability ?? 1)) return false;
    candidate.left -= 1;
    return true;
  }

  #strike<R extends { kind: string }>(rule: R): R {
    this.#struck.set(rule.kind, (this.#struck.get(rule.kind) ?? 0) + 1);
    return rule;
  }

  #overLimit(seen: SeenRequest, endpoint: string): boolean {
    const limit = this.#script.rate_limit_per_second;
    if (limit === undefined) return false;
    const key = `${seen.mode} ${seen.account} ${endpoint}`;
    const now = Date.now();
    const recent = (this.#recent.get(key) ?? []).filter((at) => at > now - SECOND);
    const over = recent.length >= limit;
    this.#recent.set(key, over ? recent : [...recent, now]);
    return over;
  }
}

/** Stripe's 429. It says which limit was met in a header, and is not saved under the idempotency key. */
export function rateLimited(): StripeError {
  return new StripeError(
    429,
    {
      type: 'invalid_request_error',
      code: 'rate_limit',
      message:
        'Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.',
    },
    { savedUnderKey: false, headers: { 'stripe-rate-limited-reason': 'endpoint-rate' } },
  );
}

/** Stripe's 500, of which nobody can tell whether the request took effect. */
export function serverError(): StripeError {
  return new StripeError(500, {
    type: 'api_error',
    message:
      'An unknown error occurred. If you are seeing this error consistently, please contact us at https://support.stripe.com/.',
  });
}

/** A fault script as sent over HTTP, or why it is none. */
export function parseScript(body: unknown): FaultScript | string {
  if (!isRecord(body)) return 'A fault script is an object';
  const requests = listed(body['requests']).map(requestRule);
  const webhooks = listed(body['webhooks']).map(webhookRule);
  if (requests.includes(undefined)) return 'A request rule has an unknown `kind`';
  if (webhooks.includes(undefined)) return 'A webhook rule has an unknown `kind`';
  return {
    ...numbers(body, 'seed', 'rate_limit_per_second'),
    requests: requests.filter((rule) => rule !== undefined),
    webhooks: webhooks.filter((rule) => rule !== undefined),
  };
}

const REQUEST_KINDS = [
  'apply_then_timeout',
  'drop_after_apply',
  'rate_limit',
  'server_error',
  'duplicate_identifier',
] as const;
const WEBHOOK_KINDS = ['delay', 'duplicate', 'reorder', 'lose'] as const;

function requestRule(sent: unknown): RequestFaultRule | undefined {
  if (!isRecord(sent)) return undefined;
  const kind = REQUEST_KINDS.find((known) => known === sent['kind']);
  return kind === undefined
    ? undefined
    : {
        kind,
        ...numbers(sent, 'probability', 'times'),
        ...texts(sent, 'method', 'path'),
        ...(sent['applied'] === true ? { applied: true } : {}),
      };
}

function webhookRule(sent: unknown): WebhookFaultRule | undefined {
  if (!isRecord(sent)) return undefined;
  const kind = WEBHOOK_KINDS.find((known) => known === sent['kind']);
  return kind === undefined
    ? undefined
    : { kind, ...numbers(sent, 'probability', 'times', 'delay_ms', 'copies'), ...texts(sent, 'type') };
}

function numbers<K extends string>(sent: Record<string, unknown>, ...names: K[]): { [N in K]?: number } {
  const found: { [N in K]?: number } = {};
  for (const name of names) {
    const value = sent[name];
    if (typeof value === 'number') found[name] = value;
  }
  return found;
}

function texts<K extends string>(sent: Record<string, unknown>, ...names: K[]): { [N in K]?: string } {
  const found: { [N in K]?: string } = {};
  for (const name of names) {
    const value = sent[name];
    if (typeof value === 'string') found[name] = value;
  }
  return found;
}

function listed(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function armed<R extends Chance>(rule: R, glob: string | undefined): Armed<R> {
  return { rule, pattern: globPattern(glob ?? '*'), left: rule.times ?? Infinity };
}

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
