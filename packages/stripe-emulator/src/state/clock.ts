/** The time of the data: real time, or an injected one, plus whatever it was moved forward by. */
export class Clock {
  readonly #source: () => number;
  #offset: number;

  constructor(source: () => number, offset: number) {
    this.#source = source;
    this.#offset = offset;
  }

  /** Whole seconds since the epoch. */
  now(): number {
    return Math.floor(this.#source() / 1000) + this.#offset;
  }

  get offset(): number {
    return this.#offset;
  }

  /** Moves time forward so that it is `at` (seconds) now; never back. */
  moveTo(at: number): void {
    this.#offset += Math.max(0, at - this.now());
  }
}
