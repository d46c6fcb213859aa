-- Whether so much may be used now. Whoever asks for the same customer and meter waits until this transaction is over, so
-- what is decided here still holds when it is written. A cap holds whatever the limit says; credits may do what the limit
-- does not; what is under a spend cap is decided by whoever holds app.lock_spend. Part of app.consume_usage and
-- app.reserve_usage, with their rights.
create or replace function app.admit_usage(
  for_environment text, reference text, feature_key text, asked numeric, new_customer_id text, at timestamptz,
  out outcome text, out snapshot jsonb, out meter_key text
)
language plpgsql set search_path = ''
as $$
declare
  granted jsonb;
  aggregation text;
  taken numeric;
  -- Of a trial: it takes of the limit, and not of what a window may hold.
  carried numeric;
begin
  snapshot := app.entitlement_snapshot(for_environment, reference, at);
  if snapshot ->> 'customer_id' is null and snapshot -> 'features' ? feature_key
     and reference !~ '^cus_[0-9a-f]{32}$'
     and (select e.usage_creates_customers from public.environments e where e.id = for_environment) then
    insert into public.customers (environment_id, id, external_id, created_at, updated_at)
    values (for_environment, new_customer_id, reference, at, at)
    on conflict on constraint customers_environment_id_external_id_key do nothing;
    snapshot := app.entitlement_snapshot(for_environment, reference, at);
  end if;
  granted := snapshot -> 'features' -> feature_key;
  if snapshot ->> 'customer_id' is not null and granted ->> 'meter_id' is not null then
    perform pg_advisory_xact_lock(hashtextextended(
      concat_ws(' ', for_environment, snapshot ->> 'customer_id', granted ->> 'meter_id'), 0));
    -- Read before the lock was there, it may be out of date.
    snapshot := app.entitlement_snapshot(for_environment, reference, at);
    granted := snapshot -> 'features' -> feature_key;
    if jsonb_path_exists(granted, '$.caps[*].kept ? (@ == false)') then
      perform app.keep_usage_windows(for_environment, snapshot);
    end if;
    if granted ? 'credit_cost'
       and (granted ->> 'used')::numeric - (granted ->> 'credit_units')::numeric + (granted ->> 'held')::numeric + asked
           + coalesce((granted #>> '{carried,quantity}')::numeric, 0)
           > (granted ->> 'limit')::numeric then
      -- Credits are asked for: nobody else burns them until this transaction is over.
      perform app.lock_credits(for_environment, snapshot ->> 'customer_id', at);
      snapshot := app.entitlement_snapshot(for_environment, reference, at);
      granted := snapshot -> 'features' -> feature_key;
    end if;
  end if;
  select m.key, m.aggregation into meter_key, aggregation
  from public.meters m
  where m.environment_id = for_environment and m.id = granted ->> 'meter_id';
  taken := (granted ->> 'used')::numeric + (granted ->> 'held')::numeric + asked;
  carried := coalesce((granted #>> '{carried,quantity}')::numeric, 0);

  -- In the order of a check.
  outcome := case
    when not (snapshot -> 'known')::boolean then 'customer_not_found'
    when granted is null then 'not_entitled'
    -- The default plan would grant it, and nobody is there to use it.
    when snapshot ->> 'customer_id' is null then 'customer_not_found'
    when aggregation is not null and aggregation <> 'sum' and (aggregation <> 'count' or asked <> 1) then 'not_summed'
    when (granted -> 'suspended')::boolean and (granted -> 'paused')::boolean then 'subscription_paused'
    when (granted -> 'suspended')::boolean then 'past_due'
    -- What use costs is known to the pricing package only: whoever asks looks at it first, holding app.lock_spend.
    when coalesce(current_setting('app.spend_checked', true), '') <> snapshot ->> 'customer_id'
      and jsonb_path_exists(snapshot, '$.spend_caps[*].prices[*] ? (@.feature == $feature)',
        jsonb_build_object('feature', feature_key)) then 'spend_unchecked'
    when exists (
      select from jsonb_to_recordset(nullif(granted -> 'caps', 'null')) as cap (quantity numeric, base numeric)
      where taken - cap.base > cap.quantity) then 'usage_cap'
    when granted ->> 'limit' is null or granted ->> 'overage' = 'allow' then 'allowed'
    when taken + carried <= (granted ->> 'limit')::numeric then 'allowed'
    when app.credits_suffice(snapshot, feature_key, asked) then 'allowed'
    else 'limit_reached'
  end;
end $$;

revoke execute on function app.admit_usage from public;
