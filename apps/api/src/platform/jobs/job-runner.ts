import { Injectable } from '@nestjs/common';
import { type Job, Worker } from 'bullmq';
import { Clock } from '../clock.ts';
import { Database } from '../database/database.ts';
import { Log } from '../log.ts';
import { Metrics } from '../metrics.ts';
import { QueueConnection } from '../redis.ts';
import { requestContext } from '../request-context.ts';
import {
  backoffSeconds,
  definedJobs,
  type JobDefinition,
  type QueueName,
  queuePrefix,
  queues,
} from './job.ts';
import { JobHandlers } from './job-handlers.ts';
import { OutboxRepository } from './outbox.repository.ts';

interface JobData {
  environment_id: string;
  payload: unknown;
  request_id: string | null;
}

const concurrency: Record<QueueName, number> = {
  money: 10,
  webhooks: 10,
  usage: 5,
  intelligence: 2,
  bulk: 2,
};

/** How often a worker looks for jobs whose worker died. The second look after the lock ran out takes them. */
const stalledCheckMs = 5_000;

/**
 * Runs jobs. BullMQ says when; the outbox row says whether: attempts and failures are kept there, so that losing
 * Redis loses neither. A job that used up its attempts ends as `failed`, for the dashboard to show and run again.
 */
@Injectable()
export class JobRunner {
  private workers: Worker<JobData>[] = [];

  constructor(
    private readonly redis: QueueConnection,
    private readonly database: Database,
    private readonly outbox: OutboxRepository,
    private readonly handlers: JobHandlers,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {}

  start(): void {
    this.handlers.assertComplete();
    this.workers = queues.map((queue) => {
      const worker = new Worker<JobData>(queue, (job) => this.process(job), {
        connection: this.redis.connection,
        prefix: queuePrefix(queue),
        concurrency: concurrency[queue],
        stalledInterval: stalledCheckMs,
      });
      worker.on('error', (error) => this.log.warn('queue.connection_lost', { queue, error }));
      return worker;
    });
  }

  /** Takes no more jobs and waits for those that run. */
  async stop(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()));
  }

  private async process(job: Job<JobData>): Promise<void> {
    const { environment_id: environmentId, payload, request_id: requestId } = job.data;
    const jobId = job.id ?? '';
    const definition = definedJobs().get(job.name);
    const handle = this.handlers.find(job.name);
    if (definition === undefined || handle === undefined) {
      // A newer version wrote it: the lease hands it over again, to a worker that knows it.
      this.log.warn('job.unknown', { name: job.name, job_id: jobId });
      return;
    }

    const context = {
      request_id: requestId ?? jobId,
      environment_id: environmentId,
      job_id: jobId,
      actor: { type: 'system' as const, id: jobId, label: job.name },
    };
    await requestContext.run(context, async () => {
      if (!(await this.isNeeded(environmentId, jobId))) {
        return;
      }
      const started = performance.now();
      const timeout = AbortSignal.timeout(definition.timeout_seconds * 1_000);
      try {
        await Promise.race([
          handle(payload, { environment_id: environmentId, job_id: jobId, signal: timeout }),
          aborted(timeout, definition),
        ]);
        await this.finish(environmentId, jobId);
        this.observe(definition, 'done', started);
      } catch (error) {
        await this.fail(environmentId, jobId, definition, error);
        this.observe(definition, 'failed', started);
      }
    });
  }

  private isNeeded(environmentId: string, jobId: string): Promise<boolean> {
    return this.database.tenant(environmentId, async () => {
      const row = await this.outbox.find(environmentId, jobId);
      return row !== undefined && (row.state === 'pending' || row.state === 'enqueued');
    });
  }

  private finish(environmentId: string, jobId: string): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      const row = await this.outbox.lock(environmentId, jobId);
      await this.outbox.update(environmentId, jobId, {
        state: 'done',
        attempts: (row?.attempts ?? 0) + 1,
        error: null,
        finished_at: this.clock.now(),
      });
    });
  }

  private fail(
    environmentId: string,
    jobId: string,
    definition: JobDefinition,
    error: unknown,
  ): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      const now = this.clock.now();
      const row = await this.outbox.lock(environmentId, jobId);
      if (row === undefined || row.state === 'done') {
        return;
      }
      const attempts = row.attempts + 1;
      const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      const isLast = attempts >= definition.attempts;
      const fields = { name: definition.name, attempts, error: error instanceof Error ? error : undefined };
      if (isLast) {
        this.log.error('job.failed', fields);
      } else {
        this.log.warn('job.will_retry', fields);
      }
      await this.outbox.update(environmentId, jobId, {
        state: isLast ? 'failed' : 'pending',
        attempts,
        error: message.slice(0, 1_000),
        available_at: new Date(now.getTime() + backoffSeconds(definition, attempts) * 1_000),
        finished_at: isLast ? now : null,
      });
    });
  }

  private observe(definition: JobDefinition, outcome: string, started: number): void {
    const seconds = (performance.now() - started) / 1_000;
    this.metrics.jobSeconds.observe({ name: definition.name, outcome }, seconds);
    this.log.info('job.ran', { name: definition.name, outcome, duration_ms: Math.round(seconds * 1_000) });
  }
}

function aborted(signal: AbortSignal, definition: JobDefinition): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error(`${definition.name} did not finish within ${definition.timeout_seconds} s.`));
    });
  });
}
