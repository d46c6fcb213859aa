-- Adds events of meters of the highest or latest value to the rollups. Which, and who may, as app.add_to_usage_rollups.
create or replace function app.add_values_to_usage_rollups(
  chosen text, low bigint, high bigint, for_environment text default null
) returns void
language plpgsql set search_path = ''
as $$
begin
  execute format($sql$
    with parts as materialized (
      select e.environment_id, e.meter_id, m.aggregation, e.customer_id, e.properties, e.occurred_at, e.received_at, e.id,
             date_bin('15 minutes', e.occurred_at, 'epoch'::timestamptz) as quarter,
             app.usage_amount(e.kind, m.aggregation, m.property, e.value, e.properties) as amount
      from public.usage_events e
      join public.meters m on m.environment_id = e.environment_id and m.id = e.meter_id
      where m.aggregation in ('max', 'latest') and e.kind = 'usage' and e.uncounted is null and %s
    ), broken_down as (
      select p.*, g.grouped_by, g."group"
      from parts p cross join lateral (values ('', ''), ('customer', p.customer_id)) g (grouped_by, "group")
      union all
      select p.*, d.property, coalesce('=' || (p.properties ->> d.property), '')
      from parts p
      join public.usage_rollup_properties d
        on d.environment_id = p.environment_id and d.meter_id = p.meter_id and d.given_up_at is null
    )
    insert into public.usage_rollups as r
      (environment_id, meter_id, unit, grouped_by, bucket, "group", value, events, latest_occurred_at,
       latest_received_at, latest_event_id)
    select b.environment_id, b.meter_id, u.unit, b.grouped_by, u.bucket, b."group",
           case b.aggregation
             when 'max' then max(b.amount)
             else (array_agg(b.amount order by b.occurred_at desc, b.received_at desc, b.id desc))[1]
           end,
           count(*),
           max(b.occurred_at) filter (where b.aggregation = 'latest'),
           (array_agg(b.received_at order by b.occurred_at desc, b.received_at desc, b.id desc)
            filter (where b.aggregation = 'latest'))[1],
           (array_agg(b.id order by b.occurred_at desc, b.received_at desc, b.id desc)
            filter (where b.aggregation = 'latest'))[1]
    from broken_down b
    cross join lateral (
      values ('quarter', b.quarter), ('hour', date_trunc('hour', b.quarter, 'UTC')),
             ('day', date_trunc('day', b.quarter, 'UTC'))
    ) u (unit, bucket)
    where u.unit <> 'quarter' or b.grouped_by <> 'customer'
    group by 1, 2, 3, 4, 5, 6, b.aggregation
    order by 1, 2, 3, 4, 5, 6
    on conflict on constraint usage_rollups_pkey do update
    set (value, latest_occurred_at, latest_received_at, latest_event_id) = (
          select case
                   when r.latest_event_id is null then greatest(r.value, excluded.value)
                   when later.it_is then excluded.value
                   else r.value
                 end,
                 case when later.it_is then excluded.latest_occurred_at else r.latest_occurred_at end,
                 case when later.it_is then excluded.latest_received_at else r.latest_received_at end,
                 case when later.it_is then excluded.latest_event_id else r.latest_event_id end
          from (
            select (excluded.latest_occurred_at, excluded.latest_received_at, excluded.latest_event_id)
                     > (r.latest_occurred_at, r.latest_received_at, r.latest_event_id) as it_is
          ) later
        ),
        events = r.events + excluded.events
  $sql$, chosen) using low, high, for_environment;
end $$;

revoke execute on function app.add_values_to_usage_rollups from public;
