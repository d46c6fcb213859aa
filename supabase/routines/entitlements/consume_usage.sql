-- Checks and deducts. outcome: allowed; duplicate (the key came before, with the same body); conflict (with another);
-- or why not, with nothing written.
create or replace function app.consume_usage(
  for_environment text, reference text, feature_key text, asked numeric, event_key text, event_fingerprint bytea,
  new_event_id text, new_customer_id text, new_forward_id text, event_properties jsonb, forward_seconds int,
  at timestamptz
) returns table (
  outcome text, snapshot jsonb, event_id text, customer_id text, cache_key text, meter_id text,
  period_start timestamptz, used numeric, usage_version bigint
)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  admitted record;
  earlier public.usage_keys;
begin
  admitted := app.admit_usage(for_environment, reference, feature_key, asked, new_customer_id, at);
  select * into earlier from public.usage_keys k where k.environment_id = for_environment and k.key = event_key;
  if found then
    return query select case when earlier.fingerprint = event_fingerprint then 'duplicate' else 'conflict' end,
      admitted.snapshot, earlier.event_id, null::text, null::text, null::text, null::timestamptz, null::numeric,
      null::bigint;
  elsif admitted.outcome <> 'allowed' then
    return query select admitted.outcome, admitted.snapshot, null::text, null::text, null::text, null::text,
      null::timestamptz, null::numeric, null::bigint;
  else
    return query
    select case r.outcome when 'accepted' then 'allowed' else r.outcome end, admitted.snapshot, r.event_id,
           r.customer_id, r.cache_key, r.meter_id, r.period_start, r.used, r.usage_version
    from app.record_unusual_usage(
      array[for_environment], array[event_key], array[event_fingerprint], array[new_event_id],
      array[admitted.snapshot ->> 'customer_id'], array[new_customer_id], array[admitted.meter_key], array[asked],
      array[at], array[event_properties], array[new_forward_id], forward_seconds, at) r;
  end if;
end $$;

revoke execute on function app.consume_usage from public;
grant execute on function app.consume_usage to billingos_api;
