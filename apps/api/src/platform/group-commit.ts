import { isDatabaseAway } from './errors.ts';

export interface GroupCommitOptions<Item, Answer> {
  /** Writes the items of several requests in one statement, and answers each, in their order. */
  write(items: Item[]): Promise<Answer[]>;
  /** What to refuse with rather than fill memory. */
  overloaded(): Error;
  itemsPerCommit: number;
  /** One commit waits for the disk while the next is put together. */
  commitsAtOnce: number;
  /** While one is under way, fewer items than this wait for it. Default: 1. */
  itemsForAnother?: number;
  waitingMax: number;
  /** How much memory items take, where their number alone does not bound it. */
  bytes?: { of(items: readonly Item[]): number; max: number };
}

interface Submission<Item, Answer> {
  items: Item[];
  resolve(answers: Answer[]): void;
  reject(error: unknown): void;
}

/**
 * Commits what concurrent requests write together: whatever arrives while a commit is under way goes with the next one. A
 * request is answered after its commit, so what was accepted is on disk.
 */
export class GroupCommit<Item, Answer> {
  private waiting: Submission<Item, Answer>[] = [];
  private waitingItems = 0;
  private waitingBytes = 0;
  private commits = 0;

  constructor(private readonly options: GroupCommitOptions<Item, Answer>) {}

  /** Writes items and answers each, in their order. Rejects with `overloaded` rather than fill memory. */
  add(items: Item[]): Promise<Answer[]> {
    if (items.length === 0) {
      return Promise.resolve([]);
    }
    const { waitingMax, bytes, overloaded } = this.options;
    if (this.waitingItems + items.length > waitingMax || this.waitingBytes > (bytes?.max ?? Infinity)) {
      return Promise.reject(overloaded());
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ items, resolve, reject });
      this.waitingItems += items.length;
      this.waitingBytes += bytes?.of(items) ?? 0;
      // Whatever else this turn of the event loop brings goes with it.
      setImmediate(() => this.commitNext());
    });
  }

  private commitNext(): void {
    const { commitsAtOnce, itemsForAnother = 1 } = this.options;
    const isEnough = this.commits === 0 || this.waitingItems >= itemsForAnother;
    if (this.commits >= commitsAtOnce || this.waiting.length === 0 || !isEnough) {
      return;
    }
    const together = this.take();
    this.commits += 1;
    void this.commit(together).finally(() => {
      this.commits -= 1;
      this.commitNext();
    });
  }

  private take(): Submission<Item, Answer>[] {
    const taken: Submission<Item, Answer>[] = [];
    let count = 0;
    for (const submission of this.waiting) {
      if (taken.length > 0 && count + submission.items.length > this.options.itemsPerCommit) {
        break;
      }
      taken.push(submission);
      count += submission.items.length;
    }
    this.waiting = this.waiting.slice(taken.length);
    this.waitingItems -= count;
    for (const { items } of taken) {
      this.waitingBytes -= this.options.bytes?.of(items) ?? 0;
    }
    return taken;
  }

  /** Settles every submission; never rejects. */
  private async commit(together: Submission<Item, Answer>[]): Promise<void> {
    try {
      const answers = await this.options.write(together.flatMap(({ items }) => items));
      let offset = 0;
      for (const { items, resolve } of together) {
        resolve(answers.slice(offset, offset + items.length));
        offset += items.length;
      }
    } catch (error) {
      if (together.length > 1 && !isDatabaseAway(error)) {
        // Somebody's item cannot be written: each request stands for itself then.
        for (const submission of together) {
          await this.commit([submission]);
        }
      } else {
        together.forEach(({ reject }) => reject(error));
      }
    }
  }
}
