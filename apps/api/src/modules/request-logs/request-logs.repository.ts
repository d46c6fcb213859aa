import { Injectable } from '@nestjs/common';
import { type Expression, type SqlBool, sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';
import { newestFirst } from '../../platform/database/newest-first.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import type { Bin } from './latency-sketch.ts';
import type { groups } from './request-logs.schemas.ts';

export interface NewLog {
  environment_id: string;
  id: string;
  idempotency_key: string | null;
  key_id: string | null;
  customer: string | null;
  new_customer_id: string;
  project_id: string | null;
  endpoint: string;
  method: string;
  status_code: number;
  response_time_ms: number;
  occurred_at: Date;
}

export interface RecordedLog {
  /** From 1, in the order given. */
  position: number;
  outcome: 'accepted' | 'duplicate' | 'no_key' | 'no_customer' | 'no_project';
  log_id: string | null;
}

export interface LogFilter {
  customer_id?: string | undefined;
  project_id?: string | undefined;
  key_id?: string | undefined;
  endpoint?: string | undefined;
  method?: string | undefined;
}

/** Sums of one line of a summary: all, one bucket or one group. */
export interface SumRow {
  bucket: Date | null;
  value: string | null;
  kind: 'all' | 'bucket' | 'group';
  calls: number;
  errors_4xx: number;
  errors_5xx: number;
  total_ms: number;
  max_ms: number;
}

export type BinRow = Pick<SumRow, 'bucket' | 'value' | 'kind'> & Bin;

export interface Summed extends LogFilter {
  unit: 'minute' | 'hour' | 'day';
  interval: 'minute' | 'hour' | 'day' | 'month';
  group_by: (typeof groups)[number];
  from: Date;
  to: Date;
}

const groupColumns = {
  endpoint: 'endpoint',
  customer: 'customer_id',
  project: 'project_id',
  key: 'key_id',
} as const;

@Injectable()
export class RequestLogsRepository {
  constructor(private readonly database: Database) {}

  /** Records calls of any environments in one statement (`app.record_requests` says what it does). */
  async record(logs: readonly NewLog[], now: Date): Promise<RecordedLog[]> {
    const column = <T>(pick: (log: NewLog) => T): T[] => logs.map(pick);
    const { rows } = await sql<RecordedLog>`
      select * from app.record_requests(
        ${column((log) => log.environment_id)}::text[],
        ${column((log) => log.id)}::text[],
        ${column((log) => log.idempotency_key)}::text[],
        ${column((log) => log.key_id)}::text[],
        ${column((log) => log.customer)}::text[],
        ${column((log) => log.new_customer_id)}::text[],
        ${column((log) => log.project_id)}::text[],
        ${column((log) => log.endpoint)}::text[],
        ${column((log) => log.method)}::text[],
        ${column((log) => log.status_code)}::int[],
        ${column((log) => log.response_time_ms)}::double precision[],
        ${column((log) => log.occurred_at)}::timestamptz[],
        ${now})
    `.execute(this.database.functions);
    return rows;
  }

  async ensurePartitions(now: Date): Promise<void> {
    await sql`select app.ensure_request_partitions(${now})`.execute(this.database.functions);
  }

  /** Adds up what got calls since, of all environments; returns how many minutes there were. */
  async rollUp(minutesMax: number): Promise<number> {
    const { rows } = await sql<{ minutes: number }>`
      select app.roll_up_requests(${minutesMax}) as minutes
    `.execute(this.database.functions);
    return rows[0]?.minutes ?? 0;
  }

  /** Takes away what is kept no longer, of all environments; returns how many rows it was. */
  async purge(now: Date, rowsMax: number): Promise<number> {
    const { rows } = await sql<{ removed: number }>`
      select app.purge_request_logs(${now}, ${rowsMax}) as removed
    `.execute(this.database.functions);
    return rows[0]?.removed ?? 0;
  }

  list(
    environmentId: string,
    filter: LogFilter &
      PageRequest & { status_from?: number | undefined; from?: Date | undefined; to?: Date | undefined },
  ) {
    let query = this.database.q
      .selectFrom('request_logs')
      .select([
        'id',
        'endpoint',
        'method',
        'status_code',
        'response_time_ms',
        'occurred_at',
        'customer_id',
        'project_id',
        'key_id',
      ])
      .where('environment_id', '=', environmentId);
    for (const column of ['customer_id', 'project_id', 'key_id', 'endpoint'] as const) {
      const wanted = filter[column];
      if (wanted !== undefined) {
        query = query.where(column, '=', wanted);
      }
    }
    if (filter.method !== undefined) {
      query = query.where(sql<boolean>`method = ${filter.method}`);
    }
    if (filter.status_from !== undefined) {
      query = query
        .where('status_code', '>=', filter.status_from)
        .where('status_code', '<', filter.status_from + 100);
    }
    if (filter.from !== undefined) {
      query = query.where('occurred_at', '>=', filter.from);
    }
    if (filter.to !== undefined) {
      query = query.where('occurred_at', '<', filter.to);
    }
    return query.$call(newestFirst('id', filter)).execute();
  }

  /** Sums over everything, of each interval, and of the groups with the most calls. */
  async sums(environmentId: string, summed: Summed, groupsMax: number): Promise<SumRow[]> {
    const { rows } = await sql<SumRow>`
      with rolled as materialized (${this.rolled(environmentId, summed)}), sums as (
        select bucket, value, grouping(bucket, value) as level,
               sum(calls)::bigint as calls, sum(errors_4xx)::bigint as errors_4xx,
               sum(errors_5xx)::bigint as errors_5xx, sum(total_ms) as total_ms, max(max_ms) as max_ms
        from rolled
        group by grouping sets ((), (bucket), (value))
      )
      (select bucket, value, case level when 3 then 'all' else 'bucket' end as kind, calls, errors_4xx, errors_5xx,
              total_ms, max_ms
       from sums where level in (1, 3) and calls > 0)
      union all
      (select bucket, value, 'group', calls, errors_4xx, errors_5xx, total_ms, max_ms
       from sums where level = 2 order by calls desc, value limit ${groupsMax})
    `.execute(this.database.q);
    return rows;
  }

  /** Response times, as bins that add up: over everything, of each interval, and of these groups. */
  async bins(environmentId: string, summed: Summed, values: readonly string[]): Promise<BinRow[]> {
    const { rows } = await sql<BinRow>`
      with rolled as materialized (${this.rolled(environmentId, summed)}), parts as materialized (
        select r.bucket, case when r.value = any (${values}::text[]) then r.value end as value, b.bin, b.calls
        from rolled r cross join lateral unnest(r.bins, r.bin_calls) as b (bin, calls)
      )
      select bucket, value, case grouping(bucket, value) when 3 then 'all' when 1 then 'bucket' else 'group' end as kind,
             bin, sum(calls)::bigint as calls
      from parts
      group by grouping sets ((bin), (bucket, bin), (value, bin))
      having grouping(value) = 1 or value is not null
      order by bin
    `.execute(this.database.q);
    return rows;
  }

  /** The environments that calls were logged in of late. */
  async environments(): Promise<string[]> {
    const { rows } = await sql<{ environment_id: string }>`
      select environment_id from app.environments_with_requests()
    `.execute(this.database.functions);
    return rows.map(({ environment_id: id }) => id);
  }

  retention(environmentId: string) {
    return this.database.q
      .selectFrom('request_log_settings')
      .select('retention_days')
      .where('environment_id', '=', environmentId)
      .executeTakeFirst();
  }

  async saveRetention(environmentId: string, retentionDays: number, now: Date): Promise<void> {
    await this.database.q
      .insertInto('request_log_settings')
      .values({ environment_id: environmentId, retention_days: retentionDays, updated_at: now })
      .onConflict((conflict) =>
        conflict.column('environment_id').doUpdateSet({ retention_days: retentionDays, updated_at: now }),
      )
      .execute();
  }

  private rolled(environmentId: string, summed: Summed): Expression<unknown> {
    const { unit, interval, from, to } = summed;
    const equal = (column: string, value: string | undefined): Expression<SqlBool> =>
      value === undefined ? sql<SqlBool>`true` : sql<SqlBool>`${sql.ref(column)} = ${value}`;
    return sql`
      select date_trunc(${interval}, bucket, 'UTC') as bucket, ${sql.ref(groupColumns[summed.group_by])} as value, calls,
             errors_4xx, errors_5xx, total_ms, max_ms, bins, bin_calls
      from request_rollups
      where environment_id = ${environmentId} and unit = ${unit} and bucket >= ${from} and bucket < ${to}
        and ${equal('customer_id', summed.customer_id)} and ${equal('project_id', summed.project_id)}
        and ${equal('key_id', summed.key_id)} and ${equal('endpoint', summed.endpoint)}
        and ${equal('method', summed.method)}
    `;
  }
}
