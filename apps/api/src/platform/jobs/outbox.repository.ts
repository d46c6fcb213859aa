import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { Database } from '../database/database.ts';
import { newestFirst } from '../database/newest-first.ts';
import type { PageRequest } from '../http/schemas.ts';
import type { QueueName } from './job.ts';

export interface ClaimedJob {
  environment_id: string;
  id: string;
  name: string;
  queue: QueueName;
  payload: unknown;
  request_id: string | null;
}

export type JobState = 'pending' | 'enqueued' | 'done' | 'failed';

const columns = ['id', 'name', 'queue', 'state', 'attempts', 'error', 'created_at', 'finished_at'] as const;

@Injectable()
export class OutboxRepository {
  constructor(private readonly database: Database) {}

  async insert(
    environmentId: string,
    job: {
      id: string;
      name: string;
      queue: QueueName;
      payload: string;
      request_id: string | null;
      available_at: Date;
      created_at: Date;
    },
  ): Promise<void> {
    await this.database.q
      .insertInto('outbox')
      .values({ environment_id: environmentId, state: 'pending', ...job })
      .execute();
  }

  /** Takes due jobs of all environments, and those handed to Redis longer than `leaseSeconds` ago. */
  async claim(now: Date, leaseSeconds: number, rowsMax: number): Promise<ClaimedJob[]> {
    const { rows } = await sql<ClaimedJob>`
      select * from app.claim_outbox(${now}, make_interval(secs => ${leaseSeconds}), ${rowsMax})
    `.execute(this.database.functions);
    return rows;
  }

  /** Gives claimed jobs back, when Redis could not take them. */
  async release(jobs: ClaimedJob[]): Promise<void> {
    const environmentIds = jobs.map((job) => job.environment_id);
    const ids = jobs.map((job) => job.id);
    await sql`select app.release_outbox(${environmentIds}::text[], ${ids}::text[])`.execute(
      this.database.functions,
    );
  }

  lock(
    environmentId: string,
    id: string,
  ): Promise<{ state: JobState; attempts: number; name: string } | undefined> {
    return this.database.q
      .selectFrom('outbox')
      .select(['state', 'attempts', 'name'])
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst();
  }

  async update(
    environmentId: string,
    id: string,
    change: {
      state: JobState;
      attempts?: number;
      error?: string | null;
      available_at?: Date;
      finished_at?: Date | null;
    },
  ): Promise<void> {
    await this.database.q
      .updateTable('outbox')
      .set(change)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .execute();
  }

  find(environmentId: string, id: string) {
    return this.database.q
      .selectFrom('outbox')
      .select(columns)
      .where('environment_id', '=', environmentId)
      .where('id', '=', id)
      .executeTakeFirst();
  }

  list(environmentId: string, page: PageRequest & { state?: JobState | undefined }) {
    let query = this.database.q
      .selectFrom('outbox')
      .select(columns)
      .where('environment_id', '=', environmentId);
    if (page.state !== undefined) {
      query = query.where('state', '=', page.state);
    }
    return query.$call(newestFirst('id', page)).execute();
  }
}
