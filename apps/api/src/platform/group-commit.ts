import { isDatabaseAway } from './errors.ts';

export interface GroupCommitOptions<Item, Answer> {
  /** Writes the items of several requests in one statement, and answers each, in their order. */
  write(items: Item[]): Promise<Answer[]>;
  /** What to refuse with rather than fill memory. */
  overloaded(): Error;
  itemsPerCommit: number;
  /** One commit waits for the disk while the next is put together. */
  commitsAtOnce: number;
  waitingMax: number;
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
  private commits = 0;

  constructor(private readonly options: GroupCommitOptions<Item, Answer>) {}

  /** Writes items and answers each, in their order. Rejects with `overloaded` rather than fill memory. */
  add(items: Item[]): Promise<Answer[]> {
    if (items.length === 0) {
      return Promise.resolve([]);
    }
    if (this.waitingItems + items.length > this.options.waitingMax) {
      return Promise.reject(this.options.overloaded());
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ items, resolve, reject });
      this.waitingItems += items.length;
      this.commitNext();
    });
  }

  private commitNext(): void {
    if (this.commits >= this.options.commitsAtOnce || this.waiting.length === 0) {
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
