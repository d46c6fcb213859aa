import { AnswerOverdue } from './errors.ts';

/**
 * Lets work of one name run one after the other in this process. What waits for a lock in Postgres holds a connection
 * meanwhile: where many would wait for the same lock, they wait here, and the connections stay free for others.
 */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();

  /**
   * Runs `work` when all work of that name that came before is over, however it ended. Rejects with `AnswerOverdue` what
   * has not begun within that time: nobody waits for it any more, and it would take the time of those who do.
   */
  take<T>(name: string, work: () => Promise<T>, waitMs = Infinity): Promise<T> {
    const latest = performance.now() + waitMs;
    const turn = (this.last.get(name) ?? Promise.resolve()).then(() => {
      if (performance.now() > latest) {
        throw new AnswerOverdue();
      }
      return work();
    });
    const over = turn.catch(() => undefined);
    this.last.set(name, over);
    void over.then(() => {
      if (this.last.get(name) === over) {
        this.last.delete(name);
      }
    });
    return turn;
  }
}
