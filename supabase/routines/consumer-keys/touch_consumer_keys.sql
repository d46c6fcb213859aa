-- Notes when consumer keys were used last; in one order, so that two instances never wait for each other in a circle.
create or replace function app.touch_consumer_keys(environment_ids text[], key_ids text[], used_at timestamptz[])
returns void
language sql security definer set search_path = ''
as $$
  update public.consumer_keys k
  set last_used_at = greatest(k.last_used_at, u.used_at)
  from (
    select * from unnest(environment_ids, key_ids, used_at) as i (environment_id, key_id, used_at)
    order by i.environment_id, i.key_id
  ) u
  where k.environment_id = u.environment_id and k.id = u.key_id
$$;

revoke execute on function app.touch_consumer_keys from public;
grant execute on function app.touch_consumer_keys to billingos_api;
