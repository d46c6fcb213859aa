-- The features of several environments at once: each process keeps what it checks, for when there is nobody to ask.
create or replace function app.feature_policies(environment_ids text[])
returns table (environment_id text, key text, type text, on_outage text)
language sql stable security definer set search_path = ''
as $$
  select f.environment_id, f.key, f.type, f.on_outage
  from public.features f
  where f.environment_id = any (environment_ids)
$$;

revoke execute on function app.feature_policies from public;
grant execute on function app.feature_policies to billingos_api;
