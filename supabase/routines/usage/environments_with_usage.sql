-- Which environments have totals, for the rebuild of all of them.
create or replace function app.environments_with_usage() returns setof text
language sql stable security definer set search_path = ''
as $$
  select e.id from public.environments e
  where exists (select from public.usage_records r where r.environment_id = e.id)
  order by e.id
$$;

revoke execute on function app.environments_with_usage from public;
grant execute on function app.environments_with_usage to billingos_api;
