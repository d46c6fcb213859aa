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

/**
 * `bucket` null: of the whole range. `is_group`: of one group, whose name may be null, in its `place` by size; without a
 * place, of all other groups. Else of all of them.
 */
export interface ExploredRow {
  bucket: Date | null;
  is_group: boolean;
  place: number | null;
  group: string | null;
  value: string;
  events: number;
}

/** From the events themselves. */
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

  /** Of all, of each of the `top` largest groups and of the others together. */
  async values(environmentId: string, explored: Explored, top: number): Promise<ExploredRow[]> {
    const counted = this.counted(environmentId, explored);
    const { rows } = await valuesOf(counted, explored, top).execute(this.database.q);
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
      select e.occurred_at as at, 1 as events, ${group} as "group",
             app.usage_amount(e.kind, ${aggregation}, ${property}, e.value, e.properties) as amount,
             case when ${aggregation} = 'unique' then app.unique_value_hash(${property}, e.properties) end as value_hash,
             e.occurred_at, e.received_at, e.id
      from usage_events e
      join customers u on u.environment_id = e.environment_id and u.id = e.customer_id
      where e.environment_id = ${environmentId} and e.meter_id = ${meter.id} and e.uncounted is null
        and (e.kind = 'usage' or ${aggregation} in ('count', 'sum'))
        and e.occurred_at >= ${from} and e.occurred_at < ${to}
        and (${customer_id ?? null}::text is null or e.customer_id = ${customer_id ?? null})
    `;
  }
}

/**
 * What `counted` comes to: `at` is in which interval it counts, and `events` how many there are. Of the latest values
 * `occurred_at`, `received_at` and `id` say which is.
 */
export function valuesOf(
  counted: RawBuilder<unknown>,
  explored: Explored,
  top: number,
): RawBuilder<ExploredRow> {
  if (explored.group_by === undefined) {
    return sql<ExploredRow>`
      select bucket, false as is_group, null::int as place, null::text as "group", ${amountOf(explored)}::text as value,
             sum(events)::bigint as events
      from (
        select c.*, date_trunc(${explored.interval}, c.at, ${explored.timezone}) as bucket from (${counted}) c
      ) placed
      group by grouping sets ((), (bucket))
      having sum(events) > 0
      order by bucket nulls first
    `;
  }
  return sql<ExploredRow>`
    with counted as (${counted}), largest as (
      select array(
        select "group" from counted
        group by "group"
        order by ${amountOf(explored)} desc, "group"
        limit ${top}
      ) as groups
    )
    select bucket, grouping(place) = 0 as is_group, place, shown as "group", ${amountOf(explored)}::text as value,
           sum(events)::bigint as events
    from (
      select c.*, date_trunc(${explored.interval}, c.at, ${explored.timezone}) as bucket,
             array_position(l.groups, c."group") as place,
             case when c."group" = any (l.groups) then c."group" end as shown
      from counted c cross join largest l
    ) placed
    group by grouping sets ((), (bucket), (place, shown), (bucket, place, shown))
    order by bucket nulls first
  `;
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
