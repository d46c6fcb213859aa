-- Makes the totals of an environment what its events add up to, of meters of every kind, those that are frozen left out.
-- Returns how many were not. Nothing is recorded meanwhile.
create or replace function app.rebuild_usage(for_environment text, at timestamptz)
returns table (customer_id text, meter_id text, period_start timestamptz, value_before numeric, value_after numeric)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  -- In the order in which recording writes.
  lock table public.usage_unique_values in exclusive mode;
  lock table public.usage_records in exclusive mode;

  delete from public.usage_unique_values v
  where v.environment_id = for_environment and not exists (
    select from public.usage_records r
    where r.environment_id = v.environment_id and r.customer_id = v.customer_id and r.meter_id = v.meter_id
      and r.period_start = v.period_start and r.frozen_at is not null);
  insert into public.usage_unique_values
    (environment_id, customer_id, meter_id, period_start, value_hash, event_count)
  select for_environment, e.customer_id, e.meter_id, e.period_start,
         app.unique_value_hash(m.property, e.properties), count(*)
  from public.meters m
  join public.usage_events e on e.environment_id = m.environment_id and e.meter_id = m.id
  where m.environment_id = for_environment and m.aggregation = 'unique' and e.kind = 'usage' and e.uncounted is null
  group by 2, 3, 4, 5
  on conflict on constraint usage_unique_values_pkey do nothing;

  return query
  with rebuilt as (
    select * from app.usage_totals(for_environment)
  ), wrong as (
    select coalesce(b.customer_id, r.customer_id) as customer_id, coalesce(b.meter_id, r.meter_id) as meter_id,
           coalesce(b.period_start, r.period_start) as period_start, r.value as value_before,
           coalesce(b.value, 0) as value_after, coalesce(b.event_count, 0) as event_count,
           b.latest_occurred_at, b.latest_received_at, b.latest_event_id
    from rebuilt b
    full join (select * from public.usage_records t where t.environment_id = for_environment) r
      on r.customer_id = b.customer_id and r.meter_id = b.meter_id and r.period_start = b.period_start
    where r.frozen_at is null
      and (r.value is distinct from coalesce(b.value, 0) or r.event_count is distinct from coalesce(b.event_count, 0)
           or r.latest_event_id is distinct from b.latest_event_id)
  ), mended as (
    insert into public.usage_records
      (environment_id, customer_id, meter_id, period_start, period_end, value, event_count, updated_at,
       latest_occurred_at, latest_received_at, latest_event_id)
    select for_environment, w.customer_id, w.meter_id, w.period_start, p.period_end, w.value_after, w.event_count, at,
           w.latest_occurred_at, w.latest_received_at, w.latest_event_id
    from wrong w
    cross join lateral app.usage_period(for_environment, w.customer_id, w.meter_id, w.period_start) p
    on conflict on constraint usage_records_pkey do update
    set value = excluded.value, event_count = excluded.event_count, version = usage_records.version + 1,
        updated_at = excluded.updated_at, latest_occurred_at = excluded.latest_occurred_at,
        latest_received_at = excluded.latest_received_at, latest_event_id = excluded.latest_event_id
  )
  select w.customer_id, w.meter_id, w.period_start, w.value_before, w.value_after from wrong w
  order by 1, 2, 3;
end $$;

revoke execute on function app.rebuild_usage from public;
grant execute on function app.rebuild_usage to billingos_api;
