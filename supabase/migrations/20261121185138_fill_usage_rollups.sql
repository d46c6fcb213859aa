-- Adds up the events that there are. By itself, so that nobody waits for the change of the table before.

set local lock_timeout = '5s';

insert into usage_rollup_properties (environment_id, meter_id, property)
select m.environment_id, m.id, p.property
from meters m cross join lateral unnest(m.group_by) p (property)
where m.aggregation in ('count', 'sum') and p.property <> 'customer';

with parts as (
  select e.environment_id, e.meter_id, e.customer_id, e.properties, date_trunc('hour', e.occurred_at, 'UTC') as hour,
         case
           when e.kind = 'correction' then e.value
           when m.aggregation = 'count' then 1
           when m.property is null then e.value
           else (e.properties ->> m.property)::numeric
         end as amount
  from usage_events e
  join meters m on m.environment_id = e.environment_id and m.id = e.meter_id
  where m.aggregation in ('count', 'sum') and e.uncounted is null and e.recorded_in is null
), broken_down as (
  select p.environment_id, p.meter_id, '' as grouped_by, p.hour, '' as "group", p.amount from parts p
  union all
  select p.environment_id, p.meter_id, 'customer', p.hour, p.customer_id, p.amount from parts p
  union all
  select p.environment_id, p.meter_id, d.property, p.hour, coalesce('=' || (p.properties ->> d.property), ''), p.amount
  from parts p
  join usage_rollup_properties d on d.environment_id = p.environment_id and d.meter_id = p.meter_id
)
insert into usage_rollups (environment_id, meter_id, unit, grouped_by, bucket, "group", value, events)
select b.environment_id, b.meter_id, u.unit, b.grouped_by, u.bucket, b."group", sum(b.amount), count(*)
from broken_down b
cross join lateral (values ('hour', b.hour), ('day', date_trunc('day', b.hour, 'UTC'))) u (unit, bucket)
group by 1, 2, 3, 4, 5, 6;
