import { z } from 'zod';

export const queues = ['money', 'webhooks', 'usage', 'intelligence', 'bulk'] as const;
export type QueueName = (typeof queues)[number];

/** How the keys of a queue begin: in braces, so that a cluster keeps all of a queue in one place, as BullMQ needs it. */
export function queuePrefix(queue: QueueName): string {
  return `{jobs:${queue}}`;
}

/** A kind of job: what it is called, what it is given, and how patient we are with it. Its handler is apart. */
export interface JobDefinition<Payload extends z.ZodType = z.ZodType> {
  name: string;
  queue: QueueName;
  /** Ids only: a handler reads the state when it runs, never a snapshot of when it was wanted. */
  payload: Payload;
  attempts: number;
  /** Before the second attempt; doubles with each further one, to at most an hour. */
  backoff_seconds: number;
  timeout_seconds: number;
}

const definitions = new Map<string, JobDefinition>();

/** Declares a job. The worker refuses to boot while one has no handler. */
export function defineJob<Payload extends z.ZodType>(
  definition: JobDefinition<Payload>,
): JobDefinition<Payload> {
  if (definitions.has(definition.name)) {
    throw new Error(`The job ${definition.name} is defined twice.`);
  }
  definitions.set(definition.name, definition);
  return definition;
}

export function definedJobs(): ReadonlyMap<string, JobDefinition> {
  return definitions;
}

const backoffMaxSeconds = 3_600;

/** Seconds to wait after the `attempt`-th failure (from 1): with 5 to begin with, 5, 10, 20 … 3,600. */
export function backoffSeconds(definition: JobDefinition, attempt: number): number {
  return Math.min(definition.backoff_seconds * 2 ** (attempt - 1), backoffMaxSeconds);
}
