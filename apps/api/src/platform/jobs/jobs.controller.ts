import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { EnvironmentId } from '../auth/caller.ts';
import { Requires } from '../auth/requires.ts';
import { Clock } from '../clock.ts';
import { Database } from '../database/database.ts';
import { Refuses, Returns } from '../http/returns.ts';
import { idParam, pageFrom, pageOf, pageQuery, timestamp } from '../http/schemas.ts';
import { queues } from './job.ts';
import { JobNotFailed, JobNotFound } from './jobs.errors.ts';
import { OutboxRepository } from './outbox.repository.ts';

const states = ['pending', 'enqueued', 'done', 'failed'] as const;

const job = z
  .object({
    id: z.string(),
    name: z.string(),
    queue: z.enum(queues),
    state: z.enum(states),
    attempts: z.int(),
    error: z.string().nullable(),
    created_at: timestamp,
    finished_at: timestamp.nullable(),
  })
  .meta({ id: 'Job' });
const jobPage = pageOf(job).meta({ id: 'JobList' });
const jobQuery = pageQuery.extend({ state: z.enum(states).optional() });

/** What the worker did, does and could not do for an environment. */
@Controller('jobs')
export class JobsController {
  constructor(
    private readonly database: Database,
    private readonly outbox: OutboxRepository,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Requires('operations:read', { audience: 'dashboard' })
  @Returns(200, jobPage)
  async listJobs(
    @EnvironmentId() environmentId: string,
    @Query({ schema: jobQuery }) query: z.output<typeof jobQuery>,
  ) {
    const rows = await this.database.tenant(environmentId, () => this.outbox.list(environmentId, query));
    return pageFrom(rows, query.limit);
  }

  @Post(':id/retry')
  @Requires('operations:write', { audience: 'dashboard' })
  @Returns(200, job)
  @Refuses(JobNotFound, JobNotFailed)
  retryJob(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.database.tenant(environmentId, async () => {
      const row = await this.outbox.lock(environmentId, id);
      if (row === undefined) {
        throw new JobNotFound(id);
      }
      if (row.state !== 'failed') {
        throw new JobNotFailed(id, row.state);
      }
      await this.outbox.update(environmentId, id, {
        state: 'pending',
        attempts: 0,
        available_at: this.clock.now(),
        finished_at: null,
      });
      const updated = await this.outbox.find(environmentId, id);
      if (updated === undefined) {
        throw new JobNotFound(id);
      }
      return updated;
    });
  }
}
