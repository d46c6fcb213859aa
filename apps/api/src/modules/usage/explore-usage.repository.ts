import { Injectable } from '@nestjs/common';
import { type RawBuilder, sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';
import type { exploreIntervals } from './explore-usage.schemas.ts';

export interface Explored {
  meter: { id: string; aggregation: 'count' | 'sum' | 'max' | 'unique' | 'latest'; property: string | null };
  from: Date;
  to: Date;
  interval: (typeof exploreIntervals)[number];
  timezone: string;
  customer_id?: string | undefined;
  group_by?: string | undefined;
}

/** `bucket` null: of the whole range. `is_group`: of one group, whose name may be null; else of all of them. */
export interface ExploredRow {
  bucket: Date | null;
  is_group: boolean;
  is_top: boolean | null;
  group: string | null;
  value: string;
  events: number;
}

@Injectable()
export class ExploreUsageRepository {
  constructor(private readonly database: Database) {}

  /** When the interval that a time is in begins, there. */
  async startOf(interval: Explored['interval'], timezone: string, time: Date): Promise<Date> {
    const { rows } = await sql<{ start: Date }>`
      select date_trunc(${interval}, ${time}::timestamptz, ${timezone}) as start
    `.execute(this.database.q);
    return rows[0]?.start ?? time;
  }

  /** The groups with the most use, the largest first, and one more when there are more. Null: without the property. */
  async top(environmentId: string, explored: Explored, groupsMax: number): Promise<(string | null)[]> {
    const { rows } = await sql<{ group: string | null }>`
      select "group" from (${this.counted(environmentId, explored)}) counted
      group by "group"
      order by ${amountOf(explored)} desc, "group"
      limit ${groupsMax + 1}
    `.execute(this.database.q);
    return rows.map(({ group }) => group);
  }

  /** Of all, of each of these groups and of the others together: over the whole range, and in each interval. */
  async values(environmentId: string, explored: Explored, top: (string | null)[]): Promise<ExploredRow[]> {
    // What has no group equals no value of an array: it is said apart.
    const isTop = sql`("group" is not null and "group" = any (${top.filter((group) => group !== null)}::text[])
      or "group" is null and ${top.includes(null)})`;
    const { rows } = await sql<ExploredRow>`
      select bucket, grouping(is_top) = 0 as is_group, is_top, shown as "group", ${amountOf(explored)}::text as value,
             count(*) as events
      from (
        select c.*, date_trunc(${explored.interval}, c.occurred_at, ${explored.timezone}) as bucket, ${isTop} as is_top,
               case when ${isTop} then "group" end as shown
        from (${this.counted(environmentId, explored)}) c
      ) counted
      group by grouping sets ((), (bucket), (is_top, shown), (bucket, is_top, shown))
      order by bucket nulls first
    `.execute(this.database.q);
    return rows;
  }

  /** The events that the meter counts, by when they occurred, with how much each is. */
  private counted(
    environmentId: string,
    { meter, from, to, customer_id, group_by }: Explored,
  ): RawBuilder<unknown> {
    const group =
      group_by === undefined
        ? sql`null::text`
        : group_by === 'customer'
          ? sql`coalesce(u.external_id, u.id)`
          : sql`e.properties ->> ${group_by}`;
    const { aggregation, property } = meter;
    return sql`
      select e.id, e.occurred_at, e.received_at, ${group} as "group",
             app.usage_amount(e.kind, ${aggregation}, ${property}, e.value, e.properties) as amount,
             case when ${aggregation} = 'unique' then app.unique_value_hash(${property}, e.properties) end as value_hash
      from usage_events e
      join customers u on u.environment_id = e.environment_id and u.id = e.customer_id
      where e.environment_id = ${environmentId} and e.meter_id = ${meter.id} and e.uncounted is null
        and (e.kind = 'usage' or ${aggregation} in ('count', 'sum'))
        and e.occurred_at >= ${from} and e.occurred_at < ${to}
        and (${customer_id ?? null}::text is null or e.customer_id = ${customer_id ?? null})
    `;
  }
}

/** What a meter keeps of events. */
function amountOf({ meter }: Explored): RawBuilder<unknown> {
  switch (meter.aggregation) {
    case 'max':
      return sql`max(amount)`;
    case 'unique':
      return sql`count(distinct value_hash)`;
    case 'latest':
      return sql`(array_agg(amount order by occurred_at desc, received_at desc, id desc))[1]`;
    case 'count':
    case 'sum':
      return sql`sum(amount)`;
  }
}
