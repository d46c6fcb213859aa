-- Takes away what is older than the events are kept, and what is left of properties that are not rolled up any more, at
-- most so many rows.
create or replace function app.purge_usage_rollups(before timestamptz, at timestamptz, max_rows int) returns void
language sql security definer set search_path = ''
as $$
  delete from public.usage_rollups r
  where r.ctid = any (array(
    select o.ctid
    from public.meters m
    cross join lateral (
      select '' as name, before as until
      union all select 'customer', before
      union all
      select d.property, case when d.given_up_at < at - interval '1 minute' then 'infinity' else before end
      from public.usage_rollup_properties d where d.environment_id = m.environment_id and d.meter_id = m.id
    ) g
    cross join lateral (
      select r.ctid from public.usage_rollups r
      where r.environment_id = m.environment_id and r.meter_id = m.id and r.unit in ('quarter', 'hour', 'day')
        and r.grouped_by = g.name and r.bucket < g.until
      limit max_rows
    ) o
    limit max_rows))
$$;

revoke execute on function app.purge_usage_rollups from public;
grant execute on function app.purge_usage_rollups to billingos_api;
