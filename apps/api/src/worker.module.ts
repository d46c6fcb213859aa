import { Module, type BeforeApplicationShutdown } from '@nestjs/common';
import { AppModule } from './app.module.ts';
import { JobRunner } from './platform/jobs/job-runner.ts';
import { Relay } from './platform/jobs/relay.ts';
import { JobWorker } from './platform/jobs/worker.ts';
import { WorkerStatus } from './platform/jobs/worker-status.ts';
import { QueueConnection } from './platform/redis.ts';

/** The same product, running its jobs instead of serving requests. */
@Module({ imports: [AppModule], providers: [JobWorker, QueueConnection, Relay, JobRunner, WorkerStatus] })
export class WorkerModule implements BeforeApplicationShutdown {
  constructor(private readonly worker: JobWorker) {}

  /** Before the connections that running jobs use are closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.worker.stop();
  }
}
