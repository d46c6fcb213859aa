import { newId } from '../state/ids.ts';
import type { Mode } from '../state/store.ts';
import { globPattern } from './glob-pattern.ts';

/** A request of Stripe's API as it was seen, in order of arrival. */
export interface SeenRequest {
  id: string;
  method: string;
  path: string;
  mode: Mode | null;
  account: string | null;
  idempotency_key: string | null;
  /** Null until it is answered; a held answer stays null. */
  status: number | null;
  replayed: boolean;
  /** The kind of fault that struck it, or null. */
  fault: string | null;
}

/** Which requests to hold: `path` may contain `*`; `before` holds a request back, `after` only its answer. */
export interface HoldRule {
  method?: string;
  path: string;
  phase?: 'before' | 'after';
  /** How many requests it catches before others pass; 1 when absent. */
  times?: number;
}

/** A rule at work. */
export class Hold {
  readonly id = newId('hold');
  readonly method: string | undefined;
  readonly path: string;
  readonly phase: 'before' | 'after';
  /** Resolves with the first request caught. */
  readonly caught: Promise<SeenRequest>;
  readonly waiting: SeenRequest[] = [];
  readonly #pattern: RegExp;
  readonly #released: Promise<void>;
  #left: number;
  #catch: (request: SeenRequest) => void = () => {};
  #release: () => void = () => {};

  constructor(rule: HoldRule) {
    this.method = rule.method?.toUpperCase();
    this.path = rule.path;
    this.phase = rule.phase ?? 'after';
    this.#left = rule.times ?? 1;
    this.#pattern = globPattern(rule.path);
    this.caught = new Promise((resolve) => (this.#catch = resolve));
    this.#released = new Promise((resolve) => (this.#release = resolve));
  }

  /** Lets everything held go on; later requests are not caught. */
  release(): void {
    this.#left = 0;
    this.#release();
  }

  /** Whether this rule takes the request in this phase; taking it uses up one of its times. */
  takes(phase: 'before' | 'after', request: SeenRequest): boolean {
    if (this.#left <= 0 || this.phase !== phase) return false;
    if (this.method !== undefined && this.method !== request.method) return false;
    if (!this.#pattern.test(request.path)) return false;
    this.#left -= 1;
    return true;
  }

  async keep(request: SeenRequest): Promise<void> {
    this.waiting.push(request);
    this.#catch(request);
    await this.#released;
    this.waiting.splice(this.waiting.indexOf(request), 1);
  }
}

const LOG_MAX = 20_000;

/**
 * The one place where every request of the API passes twice: before it is looked at and after it took
 * effect. Holds act here.
 */
export class Gate {
  readonly #log: SeenRequest[] = [];
  readonly #holds = new Map<string, Hold>();

  see(request: SeenRequest): void {
    this.#log.push(request);
    if (this.#log.length > LOG_MAX) this.#log.splice(0, this.#log.length - LOG_MAX);
  }

  requests(): readonly SeenRequest[] {
    return this.#log;
  }

  forget(): void {
    this.#log.length = 0;
  }

  hold(rule: HoldRule): Hold {
    const hold = new Hold(rule);
    this.#holds.set(hold.id, hold);
    return hold;
  }

  holds(): Hold[] {
    return [...this.#holds.values()];
  }

  /** Whether there was such a hold to release. */
  release(id: string): boolean {
    this.#holds.get(id)?.release();
    return this.#holds.delete(id);
  }

  releaseAll(): void {
    for (const id of this.#holds.keys()) this.release(id);
  }

  async before(request: SeenRequest): Promise<void> {
    await this.#pass('before', request);
  }

  async after(request: SeenRequest): Promise<void> {
    await this.#pass('after', request);
  }

  async #pass(phase: 'before' | 'after', request: SeenRequest): Promise<void> {
    for (const hold of this.holds()) {
      if (hold.takes(phase, request)) await hold.keep(request);
    }
  }
}
