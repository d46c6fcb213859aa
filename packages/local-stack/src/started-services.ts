import { StackError, type Service } from './processes.ts';

/** The parts that run, in the order they were started, so that they can be ended in reverse. */
export class StartedServices {
  /** Settles, with a message for a person, when a part ends without having been asked to. */
  readonly failure: Promise<string>;
  private readonly services: Service[] = [];
  private readonly fail: (message: string) => void;
  private stopping: Promise<void> | undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.failure = promise;
    this.fail = resolve;
  }

  /** Takes over a part that has just started. When everything is being ended already, that part is too. */
  async add<T extends { service: Service }>(part: T): Promise<T> {
    const { service } = part;
    if (this.stopping !== undefined) {
      await service.stop();
      throw new StackError('The start was interrupted.');
    }
    this.services.push(service);
    void service.ended.then((how) => {
      if (this.stopping !== undefined) return;
      this.fail(`${service.name} ended by itself (${how}). Its last lines:\n${service.logTail()}`);
    });
    return part;
  }

  /** Ends every part, last started first. Safe to call twice. */
  stop(): Promise<void> {
    return (this.stopping ??= this.stopAll());
  }

  private async stopAll(): Promise<void> {
    for (const service of this.services.toReversed()) await service.stop();
  }
}

/** Like Promise.all, but waits for the others before it throws: what is half started must be known to be ended. */
export async function allStarted<T extends readonly unknown[]>(
  parts: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(parts);
  return Promise.all(parts);
}
