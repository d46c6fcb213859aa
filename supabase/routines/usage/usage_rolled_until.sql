create or replace function app.usage_rolled_until() returns bigint
language sql stable security definer set search_path = ''
as $$ select rolled_until from public.usage_rollup_state $$;

revoke execute on function app.usage_rolled_until from public;
grant execute on function app.usage_rolled_until to billingos_api;
