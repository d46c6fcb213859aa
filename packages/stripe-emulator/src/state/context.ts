import { missing } from '../http/errors.ts';
import { API_VERSION } from './api-version.ts';
import { newId } from './ids.ts';
import type { Dataset, Store } from './store.ts';
import type { Delivery, Event, Kind, Tables } from './tables.ts';

/** What asked for a change: a request, or the clock. */
export interface Cause {
  request: string | null;
  idempotency_key: string | null;
}

interface ContextOptions {
  store: Store;
  data: Dataset;
  now: number;
  baseUrl: string;
  cause: Cause;
  forwardingTargets: string[];
  rehearsing?: boolean;
  silent?: boolean;
}

/** Everything that one request, or one step of the clock, may read and change. */
export class Context {
  readonly store: Store;
  /** The data set of the caller: its account, its mode. */
  readonly data: Dataset;
  /** Seconds since the epoch. One value for the whole request. */
  readonly now: number;
  /** Where pages of this server are reached, without a slash at the end. */
  readonly baseUrl: string;
  /** Deliveries made by `emit`, to be sent after the commit. */
  readonly deliveries: { data: Dataset; id: string }[] = [];
  /** Everything done here is undone: it only finds out what would be billed. */
  readonly rehearsing: boolean;
  /** Nothing that happens here is recorded as an event. */
  readonly #silent: boolean;
  readonly #cause: Cause;
  readonly #forwardingTargets: string[];

  constructor(options: ContextOptions) {
    this.store = options.store;
    this.data = options.data;
    this.now = options.now;
    this.baseUrl = options.baseUrl;
    this.rehearsing = options.rehearsing ?? false;
    this.#silent = options.silent ?? this.rehearsing;
    this.#cause = options.cause;
    this.#forwardingTargets = options.forwardingTargets;
  }

  get livemode(): boolean {
    return this.data.mode === 'live';
  }

  /** The platform's own data in the same mode: connected accounts and connect endpoints live there. */
  get platform(): Dataset {
    return this.store.dataset(this.data.mode, null);
  }

  /** The same cause acting on the data of another account. */
  inDataset(data: Dataset, work: (context: Context) => void): void {
    const context = new Context({
      store: this.store,
      data,
      now: this.now,
      baseUrl: this.baseUrl,
      cause: this.#cause,
      forwardingTargets: this.#forwardingTargets,
    });
    work(context);
    this.deliveries.push(...context.deliveries);
  }

  /** The same cause at another moment of the same data. */
  at(now: number, work: (context: Context) => void): void {
    const context = new Context({
      store: this.store,
      data: this.data,
      now,
      baseUrl: this.baseUrl,
      cause: this.#cause,
      forwardingTargets: this.#forwardingTargets,
      rehearsing: this.rehearsing,
      silent: this.#silent,
    });
    work(context);
    this.deliveries.push(...context.deliveries);
  }

  /** Does something and undoes it, heard by nobody. */
  rehearse(work: (context: Context) => void): void {
    const context = new Context({
      store: this.store,
      data: this.data,
      now: this.now,
      baseUrl: this.baseUrl,
      cause: this.#cause,
      forwardingTargets: [],
      rehearsing: true,
    });
    this.store.rehearse(() => work(context));
  }

  /** The object, or Stripe's `resource_missing`; `param` names the parameter that held the id. */
  find<K extends Kind>(kind: K, id: string, param?: string): Tables[K] {
    const found = this.data.get(kind, id);
    if (found === undefined) throw missing(nounOf(kind), id, param);
    return found;
  }

  /** Records an event with the object as it is now, and a delivery to each endpoint that listens. */
  emit(type: Event['type'], object: object, previous?: object): void {
    if (this.#silent) return;
    const endpoints = this.#listeners(type);
    const event: Event = {
      id: newId('evt'),
      object: 'event',
      account: this.data.account ?? undefined,
      api_version: API_VERSION,
      context: undefined,
      created: this.now,
      data: { object, ...(previous === undefined ? {} : { previous_attributes: previous }) },
      livemode: this.livemode,
      pending_webhooks: endpoints.length,
      request: { id: this.#cause.request, idempotency_key: this.#cause.idempotency_key },
      type,
    };
    this.data.put('event', event);
    for (const endpoint of endpoints) this.#deliver(event, endpoint);
  }

  /** Records `<noun>.updated` with the attributes that differ, and nothing when none does. */
  emitUpdate(type: Event['type'], before: object, after: object): void {
    const previous = changedAttributes(before, after);
    if (Object.keys(previous).length > 0) this.emit(type, after, previous);
  }

  #deliver(event: Event, endpoint: string): void {
    const delivery: Delivery = {
      id: newId('whd'),
      event: event.id,
      endpoint,
      state: 'pending',
      attempts: 0,
      due_ms: 0,
      response_status: null,
      error: null,
    };
    this.data.put('_delivery', delivery);
    this.deliveries.push({ data: this.data, id: delivery.id });
  }

  #listeners(type: string): string[] {
    const own = listening(this.data, type, false);
    const connect = this.data.account === null ? [] : listening(this.platform, type, true);
    return [...this.#forwardingTargets, ...own, ...connect];
  }
}

function listening(data: Dataset, type: string, connect: boolean): string[] {
  return [...data.all('webhook_endpoint')]
    .filter((endpoint) => endpoint.status === 'enabled')
    .filter(({ enabled_events }) => enabled_events.includes('*') || enabled_events.includes(type))
    .filter(({ id }) => data.get('_webhook_secret', id)?.connect === connect)
    .map(({ id }) => id);
}

function changedAttributes(before: object, after: object): Record<string, unknown> {
  const now = new Map(Object.entries(after));
  return Object.fromEntries(
    Object.entries(before).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(now.get(key))),
  );
}

/** How Stripe's messages name a kind: `No such payment_intent`, `No such meter`. */
function nounOf(kind: Kind): string {
  return kind.replace(/^(billing|billing_portal|entitlements|test_helpers)\./, '');
}
