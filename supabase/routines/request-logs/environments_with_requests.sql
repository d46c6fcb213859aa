-- Which environments log calls, so that each of them can be held to what its merchant's plan keeps.
create or replace function app.environments_with_requests() returns table (environment_id text)
language sql stable security definer set search_path = ''
as $$
  select e.id from public.environments e
  where exists (select from public.request_rollups r where r.environment_id = e.id and r.unit = 'day')
  order by e.id
$$;

revoke execute on function app.environments_with_requests from public;
grant execute on function app.environments_with_requests to billingos_api;
