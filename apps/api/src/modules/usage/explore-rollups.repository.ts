import { Injectable } from '@nestjs/common';
import { type RawBuilder, sql } from 'kysely';
import { Database } from '../../platform/database/database.ts';
import type { Explored, ExploredRow } from './explore-usage.repository.ts';

const dayMs = 24 * 3_600_000;

/**
 * The same answers as from the events, of meters that count or sum: from `usage_rollups` where a whole hour or day is
 * asked for, and from the events where an hour is cut in two, or that are not added up yet.
 */
@Injectable()
export class ExploreRollupsRepository {
  constructor(private readonly database: Database) {}

  /** Whether rollups answer this: some kinds of totals cannot be added up, and not every property is. */
  async answers(environmentId: string, explored: Explored): Promise<boolean> {
    const { meter, group_by: groupBy, customer_id: customerId, from } = explored;
    if (meter.aggregation !== 'count' && meter.aggregation !== 'sum') {
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
    const { from, to, interval, timezone, customer_id: customerId, group_by: groupBy } = explored;
    const firstDay = new Date(Math.floor(from.getTime() / dayMs) * dayMs);
    const rolled = rollupsOf(environmentId, explored);
    // Of one customer, all is the customer's.
    const all = customerId === undefined ? { by: '', group: '' } : { by: 'customer', group: customerId };
    /** Not cut in two: neither by an end of the range, nor by the beginning of an interval. */
    const ends = (bucket: RawBuilder<unknown>, length: string) => sql`
      ${bucket} >= ${from} and ${bucket} + ${length}::interval <= ${to} as is_inside,
      ${bucket} >= ${from} and ${bucket} + ${length}::interval <= ${to}
        and date_trunc(${interval}, ${bucket}, ${timezone})
          = date_trunc(${interval}, ${bucket} + ${length}::interval - interval '1 microsecond', ${timezone}) as is_whole`;
    const { rows } = await sql<ExploredRow>`
      with days as materialized (
        select d as bucket, ${ends(sql`d`, '24 hours')}
        from generate_series(
          ${firstDay}::timestamptz, ${to}::timestamptz - interval '1 microsecond', interval '24 hours') d
      ), hours as materialized (
        select h as bucket, d.is_inside as is_in_day, ${ends(sql`h`, '1 hour')}
        from days d
        cross join lateral generate_series(d.bucket, d.bucket + interval '23 hours', interval '1 hour') h
        where not d.is_whole and h + interval '1 hour' > ${from} and h < ${to}
      ), loose as materialized (
        ${loose(environmentId, explored)}
      ), grouped as (
        select r."group", r.value
        from days d cross join lateral (${rolled(sql`'day'`, sql`${groupBy ?? ''}`, sql`d.bucket`)} offset 0) r
        where d.is_inside
        union all
        select r."group", r.value
        from hours h cross join lateral (${rolled(sql`'hour'`, sql`${groupBy ?? ''}`, sql`h.bucket`)} offset 0) r
        where h.is_inside and not h.is_in_day
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
      ), parts as (
        select w.place, w.shown, p.bucket, r.value, r.events
        from wanted w
        cross join (
          select 'day' as unit, d.bucket from days d where d.is_whole
          union all
          select 'hour', h.bucket from hours h where h.is_whole
        ) p
        cross join lateral (${rolled(sql`p.unit`, sql`w.grouped_by`, sql`p.bucket`)} and r."group" = w."group" limit 1) r
        union all
        select w.place, w.shown, l.occurred_at, l.value, 1
        from wanted w join loose l on w.place is null or l."group" = w."group"
      )
      select bucket, is_group, place, shown as "group", sum(value)::text as value, sum(events)::bigint as events
      from (
        select date_trunc(${interval}, p.bucket, ${timezone}) as bucket, o.is_group, o.place, o.shown,
               p.value * o.sign as value, p.events * o.sign as events
        from parts p
        -- What is left of all when the largest are taken off is the others.
        cross join lateral (values (p.place is not null, p.place, p.shown, 1),
                                   (true, null, null, case when p.place is null then 1 else -1 end)
        ) o (is_group, place, shown, sign)
      ) signed
      group by grouping sets ((is_group, place, shown), (bucket, is_group, place, shown))
      having sum(events) > 0
      order by bucket nulls first, place
    `.execute(this.database.q);
    return rows;
  }
}

/** Rollups of one unit, breakdown and bucket. */
function rollupsOf(environmentId: string, { meter, customer_id: customerId, group_by: groupBy }: Explored) {
  return (unit: RawBuilder<unknown>, groupedBy: RawBuilder<unknown>, bucket: RawBuilder<unknown>) => sql`
    select r."group", r.value, r.events from usage_rollups r
    where r.environment_id = ${environmentId} and r.meter_id = ${meter.id} and r.unit = ${unit}
      and r.grouped_by = ${groupedBy} and r.bucket = ${bucket}
      ${customerId !== undefined && groupBy === 'customer' ? sql`and r."group" = ${customerId}` : sql``}`;
}

/** The events that no rollup answers for: of hours that are cut in two, and those that are not added up yet. */
function loose(environmentId: string, explored: Explored): RawBuilder<unknown> {
  const { meter, from, to, customer_id: customerId, group_by: groupBy } = explored;
  const { aggregation, property } = meter;
  const group =
    groupBy === undefined || groupBy === 'customer'
      ? sql`e.customer_id`
      : sql`coalesce('=' || (e.properties ->> ${groupBy}), '')`;
  const columns = sql`e.occurred_at, ${group} as "group",
    app.usage_amount(e.kind, ${aggregation}, ${property}, e.value, e.properties) as value`;
  const ofMeter = sql`e.environment_id = ${environmentId} and e.meter_id = ${meter.id} and e.uncounted is null`;
  return sql`
    select e.*, h.is_inside as is_in_rollups
    from hours h
    cross join lateral (
      select r."group" as customer_id from usage_rollups r
      where r.environment_id = ${environmentId} and r.meter_id = ${meter.id} and r.unit = 'hour'
        and r.grouped_by = 'customer' and r.bucket = h.bucket
        ${customerId === undefined ? sql`` : sql`and r."group" = ${customerId}`} offset 0
    ) used
    cross join lateral (
      select ${columns} from usage_events e
      where ${ofMeter} and e.customer_id = used.customer_id
        and e.occurred_at >= greatest(h.bucket, ${from}) and e.occurred_at < least(h.bucket + interval '1 hour', ${to})
        and (e.recorded_in is null or e.recorded_in < (select app.usage_rolled_until())) offset 0
    ) e
    where not h.is_whole
    union all
    select ${columns}, false
    from app.usage_not_rolled_up(${environmentId}, ${meter.id}, ${from}, ${to}) e
    ${customerId === undefined ? sql`` : sql`where e.customer_id = ${customerId}`}`;
}
