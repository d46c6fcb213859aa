import { Injectable } from '@nestjs/common';
import { type RawBuilder, sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';
import { type Explored, type ExploredRow, valuesOf } from './explore-usage.repository.ts';

const dayMs = 24 * 3_600_000;

/**
 * The same answers as from the events: from `usage_rollups` where a whole day, hour or quarter hour is asked for, and from
 * the events where such a part is cut in two, or that are not added up yet.
 */
@Injectable()
export class ExploreRollupsRepository {
  constructor(private readonly database: Database) {}

  /** Whether rollups answer this: distinct values are not rolled up, and not every property is. */
  async answers(environmentId: string, explored: Explored): Promise<boolean> {
    const { meter, group_by: groupBy, customer_id: customerId, from } = explored;
    if (meter.aggregation === 'unique') {
      return false;
    }
    if (groupBy === undefined || groupBy === 'customer') {
      return true;
    }
    if (customerId !== undefined) {
      return false;
    }
    const property = await this.database.q
      .selectFrom('usage_rollup_properties')
      .select('complete_from')
      .where('environment_id', '=', environmentId)
      .where('meter_id', '=', meter.id)
      .where('property', '=', groupBy)
      .where('given_up_at', 'is', null)
      .executeTakeFirst();
    return property !== undefined && (property.complete_from === null || property.complete_from <= from);
  }

  /** Of all, of each of the `top` largest groups and of the others together. All of it as of one moment. */
  async values(environmentId: string, explored: Explored, top: number): Promise<ExploredRow[]> {
    const { aggregation } = explored.meter;
    const query = aggregation === 'count' || aggregation === 'sum' ? sums : highestOrLatest;
    const { rows } = await query(environmentId, explored, top).execute(this.database.q);
    return rows;
  }
}

/** Of sums, what is left of all is the others: interval by interval, only the rollups of the largest groups are read. */
function sums(environmentId: string, explored: Explored, top: number): RawBuilder<ExploredRow> {
  const { interval, timezone, customer_id: customerId, group_by: groupBy } = explored;
  const rolled = rollupsOf(environmentId, explored);
  // Of one customer, all is the customer's.
  const all = customerId === undefined ? { by: '', group: '' } : { by: 'customer', group: customerId };
  return sql<ExploredRow>`
    with ${parts(environmentId, explored)}, grouped as (
      select r."group", r.value
      from days p cross join lateral (${rolled(sql`'day'`, sql`${groupBy ?? ''}`)} offset 0) r
      where p.is_inside
      union all
      select r."group", r.value
      from hours p cross join lateral (${rolled(sql`'hour'`, sql`${groupBy ?? ''}`)} offset 0) r
      where p.is_inside and not p.is_in_day
      union all
      select r."group", r.value
      from quarters p cross join lateral (${rolled(sql`'quarter'`, sql`${groupBy ?? ''}`)} offset 0) r
      where p.is_inside and not p.is_in_hour
      union all
      select l."group", l.value from loose l where not l.is_in_rollups
    ), largest as (
      select g."group", ${
        groupBy === 'customer'
          ? sql`max(coalesce(c.external_id, c.id))`
          : sql`case when g."group" <> '' then substr(g."group", 2) end`
      } as shown, sum(g.value) as value
      from grouped g
      left join customers c on ${groupBy === 'customer'} and c.environment_id = ${environmentId} and c.id = g."group"
      where ${groupBy !== undefined}
      group by g."group"
      order by 3 desc, 2
      limit ${top}
    ), wanted as materialized (
      select null::int as place, null as shown, ${all.by} as grouped_by, ${all.group} as "group"
      union all
      select row_number() over (order by l.value desc, l.shown)::int, l.shown, ${groupBy ?? ''}, l."group" from largest l
    ), placed as (
      select w.place, w.shown, p.bucket, r.value, r.events
      from wanted w
      cross join whole p
      cross join lateral (${rolled(sql`p.unit`, sql`w.grouped_by`)} and r."group" = w."group" limit 1) r
      union all
      select w.place, w.shown, l.occurred_at, l.value, 1
      from wanted w join loose l on w.place is null or l."group" = w."group"
    )
    select bucket, is_group, place, shown as "group", sum(value)::text as value, sum(events)::bigint as events
    from (
      select date_trunc(${interval}, p.bucket, ${timezone}) as bucket, o.is_group, o.place, o.shown,
             p.value * o.sign as value, p.events * o.sign as events
      from placed p
      -- What is left of all when the largest are taken off is the others.
      cross join lateral (values (p.place is not null, p.place, p.shown, 1),
                                 (true, null, null, case when p.place is null then 1 else -1 end)
      ) o (is_group, place, shown, sign)
    ) signed
    group by grouping sets ((is_group, place, shown), (bucket, is_group, place, shown))
    having sum(events) > 0
    order by bucket nulls first, place
  `;
}

/** Of these nothing is left when the largest are taken off. A rollup is what one event of its value would be. */
function highestOrLatest(environmentId: string, explored: Explored, top: number): RawBuilder<ExploredRow> {
  const { customer_id: customerId, group_by: groupBy } = explored;
  const groupedBy = groupBy ?? (customerId === undefined ? '' : 'customer');
  const shown =
    groupBy === undefined
      ? sql`null::text`
      : groupBy === 'customer'
        ? sql`coalesce(u.external_id, u.id)`
        : sql`case when a."group" <> '' then substr(a."group", 2) end`;
  const counted = sql`
    with ${parts(environmentId, explored)}, added as (
      select p.bucket as at, r."group", r.value, r.events, r.latest_occurred_at as occurred_at,
             r.latest_received_at as received_at, r.latest_event_id as id
      from whole p
      cross join lateral (
        ${rollupsOf(environmentId, explored)(sql`p.unit`, sql`${groupedBy}`)} offset 0
      ) r
      union all
      select l.occurred_at, l."group", l.value, 1, l.occurred_at, l.received_at, l.id from loose l
    )
    select a.at, a.events, a.value as amount, ${shown} as "group", a.occurred_at, a.received_at, a.id
    from added a
    left join customers u on ${groupBy === 'customer'} and u.environment_id = ${environmentId} and u.id = a."group"
  `;
  return valuesOf(counted, explored, top);
}

/** Rollups of one unit and breakdown, of the bucket of p. */
function rollupsOf(environmentId: string, { meter, customer_id: customerId }: Explored) {
  return (unit: RawBuilder<unknown>, groupedBy: RawBuilder<unknown>) => sql`
    select r.* from usage_rollups r
    where r.environment_id = ${environmentId} and r.meter_id = ${meter.id} and r.unit = ${unit}
      and r.grouped_by = ${groupedBy} and r.bucket = p.bucket
      ${customerId === undefined ? sql`` : sql`and r."group" = ${customerId}`}`;
}

/**
 * What the range is made of: `days`; the `hours` of those that are no whole ones; their `quarters`, unless it is about
 * customers, of whom none are kept; all of these that are `whole`; and the `loose` events, of what is cut in two all the
 * same, and those that are not added up yet.
 */
function parts(environmentId: string, explored: Explored): RawBuilder<unknown> {
  const { meter, from, to, interval, timezone, customer_id: customerId, group_by: groupBy } = explored;
  const { aggregation, property } = meter;
  const hasQuarters = customerId === undefined && groupBy !== 'customer';
  const firstDay = new Date(Math.floor(from.getTime() / dayMs) * dayMs);
  /** Whole: not cut in two, neither by an end of the range, nor by the beginning of an interval. */
  const ends = (bucket: RawBuilder<unknown>, length: string) => sql`
    ${bucket} >= ${from} and ${bucket} + ${length}::interval <= ${to} as is_inside,
    ${bucket} >= ${from} and ${bucket} + ${length}::interval <= ${to}
      and date_trunc(${interval}, ${bucket}, ${timezone})
        = date_trunc(${interval}, ${bucket} + ${length}::interval - interval '1 microsecond', ${timezone})
      and not exists (
        select from taken_back t
        where t.hour < ${bucket} + ${length}::interval and t.hour + interval '1 hour' > ${bucket}) as is_whole`;
  const group =
    groupBy === undefined || groupBy === 'customer'
      ? sql`e.customer_id`
      : sql`coalesce('=' || (e.properties ->> ${groupBy}), '')`;
  const columns = sql`e.occurred_at, e.received_at, e.id, ${group} as "group",
    app.usage_amount(e.kind, ${aggregation}, ${property}, e.value, e.properties) as value`;
  const isCounted = sql`(e.kind = 'usage' or ${aggregation} in ('count', 'sum'))`;
  const ofMeter = sql`e.environment_id = ${environmentId} and e.meter_id = ${meter.id} and e.uncounted is null`;
  return sql`
    fresh as materialized (
      select * from app.usage_not_rolled_up(${environmentId}, ${meter.id}, ${from}, ${to}) e
      ${customerId === undefined ? sql`` : sql`where e.customer_id = ${customerId}`}
    ), taken_back as materialized (
      -- What the rollups of these hours say may be the value of an event that does not count any more.
      select distinct date_trunc('hour', f.occurred_at, 'UTC') as hour
      from fresh f where f.kind = 'correction' and ${aggregation} in ('max', 'latest')
    ), days as materialized (
      select d as bucket, ${ends(sql`d`, '24 hours')}
      from generate_series(
        ${firstDay}::timestamptz, ${to}::timestamptz - interval '1 microsecond', interval '24 hours') d
    ), hours as materialized (
      select h as bucket, h as hour, d.is_inside as is_in_day, ${ends(sql`h`, '1 hour')}
      from days d
      cross join lateral generate_series(d.bucket, d.bucket + interval '23 hours', interval '1 hour') h
      where not d.is_whole and h + interval '1 hour' > ${from} and h < ${to}
    ), quarters as materialized (
      select q as bucket, h.hour, h.is_inside as is_in_hour, ${ends(sql`q`, '15 minutes')}
      from hours h
      cross join lateral generate_series(h.hour, h.hour + interval '45 minutes', interval '15 minutes') q
      where ${hasQuarters} and not h.is_whole and q + interval '15 minutes' > ${from} and q < ${to}
    ), whole as materialized (
      select 'day' as unit, d.bucket from days d where d.is_whole
      union all
      select 'hour', h.bucket from hours h where h.is_whole
      union all
      select 'quarter', q.bucket from quarters q where q.is_whole
    ), loose as materialized (
      select e.*, c.is_inside as is_in_rollups
      from ${hasQuarters ? sql`quarters` : sql`hours`} c
      cross join lateral (
        select r."group" as customer_id from usage_rollups r
        where r.environment_id = ${environmentId} and r.meter_id = ${meter.id} and r.unit = 'hour'
          and r.grouped_by = 'customer' and r.bucket = c.hour
          ${customerId === undefined ? sql`` : sql`and r."group" = ${customerId}`} offset 0
      ) used
      cross join lateral (
        select ${columns} from usage_events e
        where ${ofMeter} and ${isCounted} and e.customer_id = used.customer_id
          and e.occurred_at >= greatest(c.bucket, ${from})
          and e.occurred_at < least(c.bucket + ${hasQuarters ? '15 minutes' : '1 hour'}::interval, ${to})
          and (e.recorded_in is null or e.recorded_in < (select app.usage_rolled_until())) offset 0
      ) e
      where not c.is_whole
      union all
      select ${columns}, false from fresh e where ${isCounted}
    )`;
}
