import { Injectable } from '@nestjs/common';
import { Log } from '../log.ts';

/** Repeating work: finds what is due by a column and takes it with `for update skip locked`, so any number may run. */
export interface Sweep {
  name: string;
  every_ms: number;
  run(): Promise<void>;
}

/** Runs each registered sweep again and again, never beside itself. */
@Injectable()
export class Sweeper {
  private readonly sweeps: Sweep[] = [];
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly running = new Set<Promise<void>>();
  private stopping = false;

  constructor(private readonly log: Log) {}

  register(sweep: Sweep): void {
    this.sweeps.push(sweep);
  }

  start(): void {
    for (const sweep of this.sweeps) {
      this.schedule(sweep, 0);
    }
  }

  /** Each sweep once, one after the other, without waiting for its time. */
  async runAll(): Promise<void> {
    for (const sweep of this.sweeps) {
      await this.runOnce(sweep);
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    for (const timer of this.timers.values()) {
      clearTimeout(timer);
    }
    await Promise.all(this.running);
  }

  private schedule(sweep: Sweep, delayMs: number): void {
    if (this.stopping) {
      return;
    }
    const timer = setTimeout(() => {
      const run = this.runOnce(sweep).finally(() => {
        this.running.delete(run);
        this.schedule(sweep, sweep.every_ms);
      });
      this.running.add(run);
    }, delayMs);
    this.timers.set(sweep.name, timer);
  }

  private async runOnce(sweep: Sweep): Promise<void> {
    try {
      await sweep.run();
    } catch (error) {
      this.log.warn('sweep.failed', { name: sweep.name, error: error instanceof Error ? error : undefined });
    }
  }
}
