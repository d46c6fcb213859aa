-- Of a property with more values than this on one day nothing is kept: its rollups would be as long as the events.
create or replace function app.give_up_usage_rollups(since timestamptz, values_max int, at timestamptz) returns void
language sql set search_path = ''
as $$
  update public.usage_rollup_properties d set given_up_at = at
  where d.given_up_at is null and exists (
    select from public.usage_rollups r
    where r.environment_id = d.environment_id and r.meter_id = d.meter_id and r.unit = 'day'
      and r.grouped_by = d.property and r.bucket >= since
    group by r.bucket having count(*) > values_max)
$$;

revoke execute on function app.give_up_usage_rollups from public;
