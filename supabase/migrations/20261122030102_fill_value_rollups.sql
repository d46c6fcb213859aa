-- Adds up the events that are in rollups already. By itself, so that nobody waits for the change of the table before.

set local lock_timeout = '5s';

alter table usage_rollups validate constraint usage_rollups_unit_check;

-- A sweep that began before is done first.
select pg_advisory_xact_lock(hashtext('app.roll_up_usage'));

insert into usage_rollup_properties (environment_id, meter_id, property)
select m.environment_id, m.id, p.property
from meters m cross join lateral unnest(m.group_by) p (property)
where m.aggregation in ('max', 'latest') and p.property <> 'customer';

with parts as (
  select e.environment_id, e.meter_id, e.customer_id, e.properties, e.occurred_at, e.received_at, e.id, m.aggregation,
         date_bin('15 minutes', e.occurred_at, 'epoch'::timestamptz) as quarter,
         case
           when e.kind = 'correction' then e.value
           when m.aggregation = 'count' then 1
           when m.property is null then e.value
           else (e.properties ->> m.property)::numeric
         end as amount
  from usage_events e
  join meters m on m.environment_id = e.environment_id and m.id = e.meter_id
  where (m.aggregation in ('count', 'sum') or m.aggregation in ('max', 'latest') and e.kind = 'usage')
    and e.uncounted is null
    and (e.recorded_in is null or e.recorded_in < (select rolled_until from usage_rollup_state))
), broken_down as (
  select p.*, g.grouped_by, g."group"
  from parts p cross join lateral (values ('', ''), ('customer', p.customer_id)) g (grouped_by, "group")
  union all
  select p.*, d.property, coalesce('=' || (p.properties ->> d.property), '')
  from parts p
  join usage_rollup_properties d
    on d.environment_id = p.environment_id and d.meter_id = p.meter_id and d.given_up_at is null
)
insert into usage_rollups
  (environment_id, meter_id, unit, grouped_by, bucket, "group", value, events, latest_occurred_at, latest_received_at,
   latest_event_id)
select b.environment_id, b.meter_id, u.unit, b.grouped_by, u.bucket, b."group",
       case b.aggregation
         when 'max' then max(b.amount)
         when 'latest' then (array_agg(b.amount order by b.occurred_at desc, b.received_at desc, b.id desc))[1]
         else sum(b.amount)
       end,
       count(*),
       max(b.occurred_at) filter (where b.aggregation = 'latest'),
       (array_agg(b.received_at order by b.occurred_at desc, b.received_at desc, b.id desc)
        filter (where b.aggregation = 'latest'))[1],
       (array_agg(b.id order by b.occurred_at desc, b.received_at desc, b.id desc)
        filter (where b.aggregation = 'latest'))[1]
from broken_down b
cross join lateral (
  values ('quarter', b.quarter), ('hour', date_trunc('hour', b.quarter, 'UTC')), ('day', date_trunc('day', b.quarter, 'UTC'))
) u (unit, bucket)
where case u.unit when 'quarter' then b.grouped_by <> 'customer' else b.aggregation in ('max', 'latest') end
group by 1, 2, 3, 4, 5, 6, b.aggregation;
