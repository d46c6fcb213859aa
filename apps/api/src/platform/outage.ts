import { AnswerOverdue, isDatabaseAway, ServiceUnavailable } from './errors.ts';

/**
 * For how long after it was last confirmed a process goes by what it knew, while nobody can be asked: who a key belongs
 * to, and what a customer may do.
 */
export const outageMemoryMs = 15 * 60_000;

/** Whether something was not answered because nobody is there to do it; not because it was refused. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof ServiceUnavailable || isDatabaseAway(error);
}

/** Rejects with `AnswerOverdue` at that time, by `performance.now()`. What was begun goes on, and is not waited for. */
export function answeredBy<T>(until: number | undefined, work: Promise<T>): Promise<T> {
  if (until === undefined) {
    return work;
  }
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new AnswerOverdue()), Math.max(0, until - performance.now()));
    work.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
