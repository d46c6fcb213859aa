import { Injectable } from '@nestjs/common';
import { Queue } from 'bullmq';
import { Clock } from '../clock.ts';
import { Log } from '../log.ts';
import { QueueConnection } from '../redis.ts';
import { type QueueName, queuePrefix, queues } from './job.ts';
import { type ClaimedJob, OutboxRepository } from './outbox.repository.ts';

const batchMax = 200;
const pauseMs = 100;
const pauseAfterErrorMs = 1_000;
/** A job that Redis should have, but that was not finished for so long, is handed over again under the same id. */
const leaseSeconds = 60;
const handOverTimeoutMs = 5_000;

/** Hands the outbox's jobs to BullMQ. Any number may run at once. */
@Injectable()
export class Relay {
  private readonly queues: ReadonlyMap<QueueName, Queue>;
  private stopping = false;
  private running: Promise<void> = Promise.resolve();

  constructor(
    redis: QueueConnection,
    private readonly outbox: OutboxRepository,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.queues = new Map(queues.map((name) => [name, newQueue(redis, name)]));
  }

  start(): void {
    this.running = this.run();
  }

  /** Finishes the batch in hand, then closes the connections. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      try {
        const moved = await this.handOver();
        if (moved < batchMax) {
          await pause(pauseMs);
        }
      } catch (error) {
        this.log.warn('outbox.relay_failed', { error: error instanceof Error ? error : undefined });
        await pause(pauseAfterErrorMs);
      }
    }
  }

  private async handOver(): Promise<number> {
    const jobs = await this.outbox.claim(this.clock.now(), leaseSeconds, batchMax);
    if (jobs.length === 0) {
      return 0;
    }
    try {
      await within(handOverTimeoutMs, Promise.all(queues.map((queue) => this.addToQueue(queue, jobs))));
    } catch (error) {
      // Redis is away. What it did take is recognised by its id when it is handed over again.
      await this.outbox.release(jobs);
      throw error;
    }
    return jobs.length;
  }

  private async addToQueue(name: QueueName, jobs: ClaimedJob[]): Promise<void> {
    const own = jobs.filter((job) => job.queue === name);
    if (own.length > 0) {
      await this.queues.get(name)?.addBulk(
        own.map((job) => ({
          name: job.name,
          data: { environment_id: job.environment_id, payload: job.payload, request_id: job.request_id },
          opts: { jobId: job.id },
        })),
      );
    }
  }
}

function newQueue(redis: QueueConnection, name: QueueName): Queue {
  const queue = new Queue(name, {
    connection: redis.connection,
    prefix: queuePrefix(name),
    // The outbox is the record of what happened; a leftover here would block handing the job over again.
    defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true },
  });
  // Reported by the relay's own attempts; without a listener the error would end the process.
  queue.on('error', () => undefined);
  return queue;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Redis did not take the jobs within ${ms} ms.`)), ms);
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
