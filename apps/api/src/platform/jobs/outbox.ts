import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../clock.ts';
import { newId } from '../ids.ts';
import { requestContext } from '../request-context.ts';
import type { JobDefinition } from './job.ts';
import { OutboxRepository } from './outbox.repository.ts';

/** Where the wish to do something later is written: a row in the business transaction, never a call to a queue. */
@Injectable()
export class Outbox {
  constructor(
    private readonly rows: OutboxRepository,
    private readonly clock: Clock,
  ) {}

  /** Adds a job to the open transaction and returns its id. It runs after `available_at`, or as soon as possible. */
  async add<Payload extends z.ZodType>(
    environmentId: string,
    job: JobDefinition<Payload>,
    payload: z.input<Payload>,
    options: { available_at?: Date } = {},
  ): Promise<string> {
    const now = this.clock.now();
    const id = newId('job');
    await this.rows.insert(environmentId, {
      id,
      name: job.name,
      queue: job.queue,
      payload: JSON.stringify(job.payload.parse(payload)),
      request_id: requestContext.current()?.request_id ?? null,
      available_at: options.available_at ?? now,
      created_at: now,
    });
    return id;
  }
}
