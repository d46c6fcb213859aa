-- The events of a meter that no rollup has yet. With the number itself in the plan, the planner knows that they are few.
create or replace function app.usage_not_rolled_up(for_environment text, for_meter text, since timestamptz, until timestamptz)
returns setof public.usage_events
language plpgsql stable set search_path = '' set enable_seqscan = off set plan_cache_mode = force_custom_plan
as $$
declare
  rolled_until bigint := app.usage_rolled_until();
begin
  return query
  select * from public.usage_events e
  where e.recorded_in >= rolled_until and e.environment_id = for_environment and e.meter_id = for_meter
    and e.occurred_at >= since and e.occurred_at < until and e.uncounted is null;
end $$;

revoke execute on function app.usage_not_rolled_up from public;
grant execute on function app.usage_not_rolled_up to billingos_api;
