-- Holds units until `until`. outcome: allowed, or why not.
create or replace function app.reserve_usage(
  for_environment text, reference text, feature_key text, asked numeric, new_id text, new_customer_id text,
  until timestamptz, at timestamptz
) returns table (outcome text, snapshot jsonb, version bigint)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  admitted record;
  next_version bigint;
begin
  admitted := app.admit_usage(for_environment, reference, feature_key, asked, new_customer_id, at);
  if admitted.outcome = 'allowed' then
    update public.usage_reservations v set state = 'released', settled_at = v.expires_at
    where v.environment_id = for_environment and v.customer_id = admitted.snapshot ->> 'customer_id'
      and v.state = 'held' and v.expires_at <= at;
    insert into public.usage_reservations
      (environment_id, id, customer_id, feature_id, meter_id, quantity, state, expires_at, created_at)
    select for_environment, new_id, admitted.snapshot ->> 'customer_id', f.id, f.meter_id, asked, 'held', until, at
    from public.features f
    where f.environment_id = for_environment and f.key = feature_key;
    update public.customers c set entitlements_version = c.entitlements_version + 1
    where c.environment_id = for_environment and c.id = admitted.snapshot ->> 'customer_id'
    returning c.entitlements_version into next_version;
  end if;
  return query select admitted.outcome, admitted.snapshot, next_version;
end $$;

revoke execute on function app.reserve_usage from public;
grant execute on function app.reserve_usage to billingos_api;
