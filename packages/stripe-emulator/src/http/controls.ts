import type { Dataset, Store } from '../state/store.ts';
import type { Delivery, Recovery } from '../state/tables.ts';
import type { Deliveries } from '../webhooks/deliveries.ts';
import type { HttpAnswer, HttpRequest } from './api.ts';
import { parseScript, type Faults } from './faults.ts';
import type { Gate, HoldRule } from './gate.ts';

/** One event's way to one endpoint, with the data set it is of. */
export interface SeenDelivery extends Delivery {
  dataset: string;
  type: string;
}

interface Parts {
  store: Store;
  gate: Gate;
  faults: Faults;
  deliveries: Deliveries;
  recover(recovery: Omit<Recovery, 'id'>): void;
  moveClock(seconds: number): number;
}

/** What a test or a person does to the emulator itself, outside of Stripe's API. */
export class Controls {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** How many objects of each kind each data set holds, as `{ 'test/platform': { customer: 2 } }`. */
  counts(): Record<string, Record<string, number>> {
    return Object.fromEntries(this.#parts.store.datasets().map((data) => [data.key, data.counts()]));
  }

  /** Every delivery, oldest first within each data set. */
  listDeliveries(): SeenDelivery[] {
    return this.#parts.store
      .datasets()
      .flatMap((data) => [...data.all('_delivery')].map((delivery) => seen(data, delivery)));
  }

  /** Sends deliveries again, in the order given; all of them when no ids are given. */
  replay(ids?: string[]): void {
    const known = new Map(this.listDeliveries().map((delivery) => [delivery.id, delivery]));
    const wanted = ids ?? [...known.keys()];
    const found = wanted.flatMap((id) => {
      const delivery = known.get(id);
      const data = this.#parts.store.datasets().find(({ key }) => key === delivery?.dataset);
      return data === undefined ? [] : [{ data, id }];
    });
    this.#parts.deliveries.replay(found);
  }

  /** The HTTP form of all this, under `/_emulator`. */
  answer(request: HttpRequest): HttpAnswer {
    const { deliveries, gate } = this.#parts;
    const id = /^\/_emulator\/holds\/(\w+)$/.exec(request.path)?.[1];
    if (id !== undefined && request.method === 'DELETE')
      return json(gate.release(id) ? 200 : 404, { released: id });
    switch (`${request.method} ${request.path}`) {
      case 'GET /_emulator/health':
        return json(200, { status: 'ok' });
      case 'GET /_emulator/requests':
        return json(200, { data: gate.requests() });
      case 'DELETE /_emulator/requests':
        gate.forget();
        return json(200, {});
      case 'GET /_emulator/holds':
        return json(200, {
          data: gate.holds().map(({ id: hold, method, path, phase, waiting }) => ({
            id: hold,
            method,
            path,
            phase,
            waiting,
          })),
        });
      case 'POST /_emulator/holds':
        return this.#hold(request.body);
      case 'GET /_emulator/faults':
        return json(200, { ...this.#parts.faults.script, struck: this.#parts.faults.struck() });
      case 'POST /_emulator/faults':
        return this.#faults(request.body);
      case 'DELETE /_emulator/faults':
        this.#parts.faults.run({});
        return json(200, {});
      case 'POST /_emulator/recovery':
        return this.#recover(request.body);
      case 'POST /_emulator/webhooks/pause':
        deliveries.pause();
        return json(200, { paused: true });
      case 'POST /_emulator/webhooks/resume':
        deliveries.resume();
        return json(200, { paused: false });
      case 'GET /_emulator/deliveries':
        return json(200, { data: this.listDeliveries() });
      case 'POST /_emulator/deliveries/replay':
        this.replay(idsOf(request.body));
        return json(200, {});
      case 'GET /_emulator/counts':
        return json(200, this.counts());
      case 'POST /_emulator/clock/advance':
        return json(200, { now: this.#parts.moveClock(numberOf(request.body, 'seconds')) });
      default:
        return json(404, { error: { message: `No such control: ${request.method} ${request.path}` } });
    }
  }

  #faults(body: string): HttpAnswer {
    const script = parseScript(parsed(body));
    if (typeof script === 'string') return json(400, { error: { message: script } });
    this.#parts.faults.run(script);
    return json(200, script);
  }

  #recover(body: string): HttpAnswer {
    const { retry_after_days: days, outcome } = parsed(body);
    const found = (['cancel', 'past_due', 'unpaid'] as const).find((known) => known === outcome);
    if (!Array.isArray(days) || found === undefined)
      return json(400, { error: { message: 'Needs `retry_after_days` and `outcome`' } });
    const recovery = { retry_after_days: days.filter((day) => typeof day === 'number'), outcome: found };
    this.#parts.recover(recovery);
    return json(200, recovery);
  }

  #hold(body: string): HttpAnswer {
    const rule = holdRule(body);
    if (rule === undefined) return json(400, { error: { message: 'A hold needs { "path": "/v1/…" }' } });
    return json(200, { id: this.#parts.gate.hold(rule).id });
  }
}

function seen(data: Dataset, delivery: Delivery): SeenDelivery {
  return { ...delivery, dataset: data.key, type: data.get('event', delivery.event)?.type ?? '' };
}

function parsed(body: string): Record<string, unknown> {
  const value: unknown = body === '' ? {} : JSON.parse(body);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function holdRule(body: string): HoldRule | undefined {
  const { method, path, phase, times } = parsed(body);
  if (typeof path !== 'string') return undefined;
  return {
    path,
    ...(typeof method === 'string' ? { method } : {}),
    ...(phase === 'before' || phase === 'after' ? { phase } : {}),
    ...(typeof times === 'number' ? { times } : {}),
  };
}

function idsOf(body: string): string[] | undefined {
  const { ids } = parsed(body);
  return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : undefined;
}

function numberOf(body: string, name: string): number {
  const value = parsed(body)[name];
  return typeof value === 'number' ? value : 0;
}

function json(status: number, value: unknown): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: `${JSON.stringify(value, null, 2)}\n`,
  };
}
