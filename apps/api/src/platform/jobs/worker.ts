import { Injectable } from '@nestjs/common';
import { JobRunner } from './job-runner.ts';
import { Relay } from './relay.ts';
import { Sweeper } from './sweeper.ts';
import { WorkerStatus } from './worker-status.ts';

/** The moving parts of a worker process, started and stopped together. */
@Injectable()
export class JobWorker {
  constructor(
    private readonly relay: Relay,
    private readonly runner: JobRunner,
    private readonly sweeper: Sweeper,
    private readonly status: WorkerStatus,
  ) {}

  async start(): Promise<void> {
    await this.status.start();
    this.runner.start();
    this.relay.start();
    this.sweeper.start();
  }

  /** Takes no more work, and waits for what runs. */
  async stop(): Promise<void> {
    await Promise.all([this.sweeper.stop(), this.relay.stop()]);
    await this.runner.stop();
    this.status.stop();
  }
}
