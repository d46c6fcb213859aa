-- Notes when keys were used last.
create or replace function app.touch_api_keys(environment_ids text[], key_ids text[], used_at timestamptz[])
returns void
language sql security definer set search_path = ''
as $$
  update public.api_keys k
  set last_used_at = greatest(k.last_used_at, u.used_at)
  from unnest(environment_ids, key_ids, used_at) as u (environment_id, key_id, used_at)
  where k.environment_id = u.environment_id and k.id = u.key_id
$$;

revoke execute on function app.touch_api_keys from public;
grant execute on function app.touch_api_keys to billingos_api;
