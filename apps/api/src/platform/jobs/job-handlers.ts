import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { definedJobs, type JobDefinition } from './job.ts';

/** What a handler is told beside its payload. */
export interface JobContext {
  environment_id: string;
  job_id: string;
  /** Aborted when the job's time is up. */
  signal: AbortSignal;
}

type Handler = (payload: unknown, context: JobContext) => Promise<void>;

/** Which handler runs which job. Modules register theirs when they start. */
@Injectable()
export class JobHandlers {
  private readonly handlers = new Map<string, Handler>();

  /**
   * Registers the handler of a job. It must be idempotent by state: load, still needed?, the same call a controller
   * makes. It may run more than once, and beside itself.
   */
  register<Payload extends z.ZodType>(
    definition: JobDefinition<Payload>,
    handle: (payload: z.output<Payload>, context: JobContext) => Promise<void>,
  ): void {
    if (this.handlers.has(definition.name)) {
      throw new Error(`The job ${definition.name} has two handlers.`);
    }
    this.handlers.set(definition.name, (payload, context) =>
      handle(definition.payload.parse(payload), context),
    );
  }

  find(name: string): Handler | undefined {
    return this.handlers.get(name);
  }

  names(): string[] {
    return [...this.handlers.keys()];
  }

  /** Throws unless every defined job has a handler and every handler a definition. */
  assertComplete(): void {
    const missing = [...definedJobs().keys()].filter((name) => !this.handlers.has(name));
    const unknown = this.names().filter((name) => !definedJobs().has(name));
    if (missing.length > 0 || unknown.length > 0) {
      throw new Error(
        `Jobs without a handler: ${missing.join(', ') || 'none'}; handlers without a job: ${unknown.join(', ') || 'none'}.`,
      );
    }
  }
}
