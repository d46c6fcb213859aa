import { TimeoutError } from '../core/errors.ts';
import { timerMaxMs } from './sleep.ts';

/** Lets so many through at once; who comes later waits in the order they came. */
export class Slots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /** Does the work when there is a place for it. Rejects when `signal` aborts, or `timeoutMs` are over, before that. */
  async use<Result>(
    { signal, timeoutMs }: { signal: AbortSignal | undefined; timeoutMs: number },
    work: () => Promise<Result>,
  ): Promise<Result> {
    if (this.#free > 0) {
      this.#free--;
    } else {
      await this.#turn(signal, timeoutMs);
    }
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #turn(signal: AbortSignal | undefined, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (settled: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        this.#waiting.delete(enter);
        settled();
      };
      const enter = () => settle(resolve);
      const giveUp = () => settle(() => reject(signal?.reason));
      const timer = setTimeout(
        () =>
          settle(() =>
            reject(new TimeoutError('The request was not sent in time: too many others were under way.')),
          ),
        Math.min(Math.max(0, timeoutMs), timerMaxMs),
      );
      this.#waiting.add(enter);
      signal?.addEventListener('abort', giveUp, { once: true });
      if (signal?.aborted === true) {
        giveUp();
      }
    });
  }

  /** The place goes to whoever waits for longest. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free++;
    } else {
      next();
    }
  }
}
