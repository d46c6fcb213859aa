import type { Faults } from '../http/faults.ts';
import type { Dataset, Mode, Store } from '../state/store.ts';
import type { Delivery } from '../state/tables.ts';
import { signatureHeader } from './signature.ts';

/** A listener outside the data: every event of every account in its modes is sent there. */
export interface ForwardingTarget {
  url: string;
  secret: string;
  modes: Mode[];
}

export interface DeliveryOptions {
  forwardTo: ForwardingTarget[];
  /** The wait before each retry; after the last one the delivery has failed. */
  retryDelaysMs: number[];
  faults: Faults;
}

interface Waiting {
  data: Dataset;
  id: string;
  due_ms: number;
}

const IN_FLIGHT_PER_ENDPOINT = 4;
const TIMEOUT_MS = 20_000;
const FORWARD = 'forward:';

/** Sends events to their endpoints, signed, with retries. Order is kept only as far as timing keeps it. */
export class Deliveries {
  readonly #store: Store;
  readonly #options: DeliveryOptions;
  readonly #queues = new Map<string, Waiting[]>();
  readonly #inFlight = new Map<string, number>();
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #paused = false;

  constructor(store: Store, options: DeliveryOptions) {
    this.#store = store;
    this.#options = options;
    for (const data of store.datasets()) {
      for (const delivery of data.all('_delivery')) {
        if (delivery.state === 'pending') this.#enqueue(data, delivery);
      }
    }
  }

  /** The names under which forwarding targets receive events of a mode. */
  targets(mode: Mode): string[] {
    return this.#options.forwardTo.flatMap(({ modes }, index) =>
      modes.includes(mode) ? [`${FORWARD}${index}`] : [],
    );
  }

  /** Takes over deliveries that were just committed. */
  add(deliveries: { data: Dataset; id: string }[]): void {
    for (const { data, id } of deliveries) {
      const delivery = data.get('_delivery', id);
      if (delivery !== undefined) this.#plan(data, delivery);
    }
    this.#send();
  }

  get paused(): boolean {
    return this.#paused;
  }

  pause(): void {
    this.#paused = true;
  }

  /** Sends what gathered meanwhile. */
  resume(): void {
    this.#paused = false;
    this.#send();
  }

  /** Sends the events of these deliveries once more, `times` times, whatever became of them. */
  replay(deliveries: { data: Dataset; id: string }[]): void {
    this.#store.transaction(() => {
      for (const { data, id } of deliveries) {
        const delivery = data.get('_delivery', id);
        if (delivery !== undefined)
          data.put('_delivery', { ...delivery, state: 'pending', attempts: 0, due_ms: 0 });
      }
    });
    for (const { data, id } of deliveries) {
      const delivery = data.get('_delivery', id);
      if (delivery !== undefined) this.#enqueue(data, delivery);
    }
    this.#send();
  }

  /** Resolves when nothing is due or on its way; later retries are not waited for. */
  async settled(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const busy = [...this.#inFlight.values()].some((count) => count > 0);
      const due =
        !this.#paused && [...this.#queues.values()].flat().some(({ due_ms }) => due_ms <= Date.now());
      if (!busy && !due) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#stop.abort();
  }

  /** Queues a new delivery as often and as late as the fault script has it; a lost one has failed. */
  #plan(data: Dataset, delivery: Delivery): void {
    const type = data.get('event', delivery.event)?.type ?? '';
    const waits = this.#options.faults.delivery(type);
    if (waits.length === 0) {
      const lost: Delivery = { ...delivery, state: 'failed', error: 'Lost by the fault script' };
      this.#store.transaction(() => data.put('_delivery', lost));
    }
    for (const wait of waits) {
      this.#enqueue(data, { ...delivery, due_ms: wait === 0 ? delivery.due_ms : Date.now() + wait });
    }
  }

  #enqueue(data: Dataset, delivery: Delivery): void {
    const queue = this.#queues.get(delivery.endpoint) ?? [];
    this.#queues.set(delivery.endpoint, queue);
    queue.push({ data, id: delivery.id, due_ms: delivery.due_ms });
  }

  #send(): void {
    if (this.#paused || this.#stop.signal.aborted) return;
    const now = Date.now();
    let next = Infinity;
    for (const [endpoint, queue] of this.#queues) {
      let flying = this.#inFlight.get(endpoint) ?? 0;
      const later: Waiting[] = [];
      for (const waiting of queue) {
        if (waiting.due_ms > now || flying >= IN_FLIGHT_PER_ENDPOINT) {
          later.push(waiting);
          if (waiting.due_ms > now) next = Math.min(next, waiting.due_ms);
          continue;
        }
        flying += 1;
        this.#inFlight.set(endpoint, flying);
        void this.#attempt(endpoint, waiting);
      }
      this.#queues.set(endpoint, later);
    }
    clearTimeout(this.#timer);
    if (next < Infinity) this.#timer = setTimeout(() => this.#send(), next - now).unref();
  }

  async #attempt(endpoint: string, { data, id }: Waiting): Promise<void> {
    const delivery = data.get('_delivery', id);
    const outcome = delivery === undefined ? undefined : await this.#post(data, delivery);
    this.#inFlight.set(endpoint, (this.#inFlight.get(endpoint) ?? 1) - 1);
    if (this.#stop.signal.aborted) return;
    if (delivery !== undefined && outcome !== undefined) this.#settle(data, delivery, outcome);
    this.#send();
  }

  /** Posts the event; undefined when the endpoint is gone. */
  async #post(
    data: Dataset,
    delivery: Delivery,
  ): Promise<{ status: number | null; error: string | null } | undefined> {
    const event = data.get('event', delivery.event);
    const target = this.#addressee(data, delivery.endpoint);
    if (event === undefined || target === undefined) return undefined;
    const body = JSON.stringify(event, null, 2);
    try {
      const response = await fetch(target.url, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
          'stripe-signature': signatureHeader(body, target.secret, Math.floor(Date.now() / 1000)),
        },
        redirect: 'manual',
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      await response.arrayBuffer();
      return { status: response.status, error: null };
    } catch (error) {
      return { status: null, error: error instanceof Error ? error.message : String(error) };
    }
  }

  #addressee(data: Dataset, endpoint: string): { url: string; secret: string } | undefined {
    if (endpoint.startsWith(FORWARD)) return this.#options.forwardTo[Number(endpoint.slice(FORWARD.length))];
    const platform = this.#store.dataset(data.mode, null);
    const owner = data.get('webhook_endpoint', endpoint) === undefined ? platform : data;
    const found = owner.get('webhook_endpoint', endpoint);
    const secret = owner.get('_webhook_secret', endpoint);
    return found === undefined || secret === undefined
      ? undefined
      : { url: found.url, secret: secret.secret };
  }

  #settle(data: Dataset, sent: Delivery, outcome: { status: number | null; error: string | null }): void {
    const delivered = outcome.status !== null && outcome.status >= 200 && outcome.status < 300;
    const delay = this.#options.retryDelaysMs[sent.attempts];
    const after: Delivery = {
      ...sent,
      state: delivered ? 'delivered' : delay === undefined ? 'failed' : 'pending',
      attempts: sent.attempts + 1,
      due_ms: delivered || delay === undefined ? sent.due_ms : Date.now() + delay,
      response_status: outcome.status,
      error: outcome.error,
    };
    this.#store.transaction(() => {
      data.put('_delivery', after);
      const event = data.get('event', sent.event);
      if (delivered && event !== undefined && event.pending_webhooks > 0) {
        data.put('event', { ...event, pending_webhooks: event.pending_webhooks - 1 });
      }
    });
    if (after.state === 'pending') this.#enqueue(data, after);
  }
}
