-- Adds events of meters that count or sum to the rollups: those that `chosen` says, a condition on e in which $1 is `low`,
-- $2 `high` and $3 `for_environment`. Who calls it holds the lock.
create or replace function app.add_to_usage_rollups(chosen text, low bigint, high bigint, for_environment text default null)
returns void
language plpgsql set search_path = ''
as $$
begin
  execute format($sql$
    with parts as materialized (
      select e.environment_id, e.meter_id, e.customer_id, e.properties,
             date_bin('15 minutes', e.occurred_at, 'epoch'::timestamptz) as quarter,
             app.usage_amount(e.kind, m.aggregation, m.property, e.value, e.properties) as amount
      from public.usage_events e
      join public.meters m on m.environment_id = e.environment_id and m.id = e.meter_id
      where m.aggregation in ('count', 'sum') and e.uncounted is null and %s
    ), quarters as materialized (
      select p.environment_id, p.meter_id, '' as grouped_by, p.quarter, '' as "group", sum(p.amount) as value,
             count(*) as events
      from parts p
      group by 1, 2, 4
      union all
      select p.environment_id, p.meter_id, d.property, p.quarter, coalesce('=' || (p.properties ->> d.property), ''),
             sum(p.amount), count(*)
      from parts p
      join public.usage_rollup_properties d
        on d.environment_id = p.environment_id and d.meter_id = p.meter_id and d.given_up_at is null
      group by 1, 2, 3, 4, 5
    ), hours as materialized (
      select q.environment_id, q.meter_id, q.grouped_by, date_trunc('hour', q.quarter, 'UTC') as hour, q."group",
             sum(q.value) as value, sum(q.events) as events
      from quarters q
      group by 1, 2, 3, 4, 5
      union all
      select p.environment_id, p.meter_id, 'customer', date_trunc('hour', p.quarter, 'UTC'), p.customer_id,
             sum(p.amount), count(*)
      from parts p
      group by 1, 2, 4, 5
    )
    insert into public.usage_rollups as r
      (environment_id, meter_id, unit, grouped_by, bucket, "group", value, events)
    select a.environment_id, a.meter_id, a.unit, a.grouped_by, a.bucket, a."group", sum(a.value), sum(a.events)
    from (
      select q.environment_id, q.meter_id, 'quarter' as unit, q.grouped_by, q.quarter as bucket, q."group", q.value,
             q.events
      from quarters q
      union all
      select h.environment_id, h.meter_id, u.unit, h.grouped_by, u.bucket, h."group", h.value, h.events
      from hours h
      cross join lateral (values ('hour', h.hour), ('day', date_trunc('day', h.hour, 'UTC'))) u (unit, bucket)
    ) a
    group by 1, 2, 3, 4, 5, 6
    order by 1, 2, 3, 4, 5, 6
    on conflict on constraint usage_rollups_pkey do update
    set value = r.value + excluded.value, events = r.events + excluded.events
  $sql$, chosen) using low, high, for_environment;
end $$;

revoke execute on function app.add_to_usage_rollups from public;
