-- Consuming checks and deducts in one step, so that of a limit no more is ever given than there is. A reservation holds
-- units until they are confirmed, released, or its time is over.

set local lock_timeout = '5s';

create table usage_reservations (
  environment_id text not null references environments (id),
  id text not null,
  customer_id text not null,
  feature_id text not null,
  meter_id text not null,
  quantity numeric not null check (quantity > 0),
  confirmed numeric check (confirmed between 0 and quantity),
  state text not null check (state in ('held', 'confirmed', 'released')),
  event_id text,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  settled_at timestamptz,
  primary key (environment_id, id),
  foreign key (environment_id, customer_id) references customers (environment_id, id),
  foreign key (environment_id, feature_id) references features (environment_id, id),
  foreign key (environment_id, meter_id) references meters (environment_id, id)
);
comment on table usage_reservations is 'Units held of a limit for work that is under way. One that has expired holds nothing, whatever its state says.';
create index usage_reservations_held on usage_reservations (environment_id, customer_id, meter_id) where state = 'held';

alter table usage_reservations enable row level security;
alter table usage_reservations force row level security;
create policy tenant on usage_reservations to billingos_api
  using (environment_id = (select app.environment_id()))
  with check (environment_id = (select app.environment_id()));
grant select on usage_reservations to billingos_api;

-- Unchanged, but for what is held.
create or replace function app.entitlement_snapshot(for_environment text, reference text, at timestamptz)
returns jsonb
language plpgsql stable security definer set search_path = '' set enable_seqscan = off
as $$
declare
  customer public.customers;
  default_version text;
  granted jsonb;
begin
  select * into customer from public.customers c
  where c.environment_id = for_environment and (c.external_id = reference or c.id = reference)
  order by (c.id = reference) desc
  limit 1;

  -- The default plan holds while no subscription of its group grants anything.
  select v.id into default_version
  from public.environments e
  join public.plans p on p.environment_id = e.id and p.id = e.default_plan_id
  join lateral (
    select pv.id from public.plan_versions pv
    where pv.environment_id = e.id and pv.plan_id = p.id order by pv.number desc limit 1
  ) v on true
  where e.id = for_environment
    and not exists (
      select from public.subscriptions s
      where s.environment_id = e.id and s.customer_id = customer.id and s."group" = p."group"
        and s.status in ('trialing', 'active', 'past_due', 'unpaid', 'paused'));

  with grants as (
    select e.feature_id, e."limit", e.overage, e.value, e.rank, e.suspended
    from public.entitlements e
    where e.environment_id = for_environment and e.customer_id = customer.id
    union all
    select pf.feature_id, pf."limit", pf.overage, pf.value, -1, false
    from public.plan_features pf
    where pf.environment_id = for_environment and pf.plan_version_id = default_version
  ), active as (
    -- Grants of one feature add up; withheld ones count only when there is nothing else.
    select g.feature_id,
           bool_and(g.suspended) as suspended,
           case when bool_or(g."limit" is null and not g.suspended) then null
                else coalesce(sum(g."limit") filter (where not g.suspended), 0) end as "limit",
           case when bool_or(g.overage = 'allow' and not g.suspended) then 'allow' else max(g.overage) end as overage,
           (array_agg(g.value order by g.rank desc) filter (where not g.suspended))[1] as value
    from grants g
    group by g.feature_id
  )
  select coalesce(jsonb_object_agg(f.key, jsonb_build_object(
           'name', f.name,
           'type', f.type,
           'suspended', a.suspended,
           'limit', a."limit",
           'overage', a.overage,
           'value', a.value,
           'meter_id', f.meter_id,
           'period_start', u.period_start,
           'period_end', u.period_end,
           'used', coalesce(r.value, 0),
           'held', coalesce(h.held, 0),
           'usage_version', coalesce(r.version, 0))), '{}'::jsonb)
  into granted
  from active a
  join public.features f on f.environment_id = for_environment and f.id = a.feature_id
  left join lateral app.usage_period(for_environment, customer.id, f.meter_id, at) u on f.meter_id is not null
  left join public.usage_records r
    on r.environment_id = for_environment and r.customer_id = customer.id and r.meter_id = f.meter_id
    and r.period_start = u.period_start
  left join lateral (
    select sum(v.quantity) as held from public.usage_reservations v
    where v.environment_id = for_environment and v.customer_id = customer.id and v.meter_id = f.meter_id
      and v.state = 'held' and v.expires_at > at
  ) h on f.meter_id is not null;

  return jsonb_build_object(
    'customer_id', customer.id,
    'external_id', customer.external_id,
    'version', coalesce(customer.entitlements_version, 0),
    'unsynced_since', customer.unsynced_since,
    'known', customer.id is not null or default_version is not null,
    'features', granted);
end $$;

-- Whether so much may be used now. Whoever asks for the same customer and meter waits until this transaction is over, so
-- what is decided here still holds when it is written. Part of the functions below, with their rights.
create function app.admit_usage(
  for_environment text, reference text, feature_key text, asked numeric, new_customer_id text, at timestamptz,
  out outcome text, out snapshot jsonb, out meter_key text
)
language plpgsql set search_path = ''
as $$
declare
  granted jsonb;
  aggregation text;
begin
  snapshot := app.entitlement_snapshot(for_environment, reference, at);
  if snapshot ->> 'customer_id' is null and snapshot -> 'features' ? feature_key
     and reference !~ '^cus_[0-9a-f]{32}$' then
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
  end if;
  select m.key, m.aggregation into meter_key, aggregation
  from public.meters m
  where m.environment_id = for_environment and m.id = granted ->> 'meter_id';

  -- In the order of a check.
  outcome := case
    when not (snapshot -> 'known')::boolean then 'customer_not_found'
    when granted is null then 'not_entitled'
    when aggregation is not null and aggregation <> 'sum' and (aggregation <> 'count' or asked <> 1) then 'not_summed'
    when (granted -> 'suspended')::boolean then 'past_due'
    when granted ->> 'limit' is null or granted ->> 'overage' = 'allow' then 'allowed'
    when (granted ->> 'used')::numeric + (granted ->> 'held')::numeric + asked <= (granted ->> 'limit')::numeric
      then 'allowed'
    else 'limit_reached'
  end;
end $$;

-- Checks and deducts. outcome: allowed; duplicate (the key came before, with the same body); conflict (with another);
-- or why not, with nothing written.
create function app.consume_usage(
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
    from app.record_usage(
      array[for_environment], array[event_key], array[event_fingerprint], array[new_event_id],
      array[admitted.snapshot ->> 'customer_id'], array[new_customer_id], array[admitted.meter_key], array[asked],
      array[at], array[event_properties], array[new_forward_id], forward_seconds, at) r;
  end if;
end $$;

-- Holds units until `until`. outcome: allowed, or why not.
create function app.reserve_usage(
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

-- Uses `confirmed_units` of what is held and gives the rest back; null gives all of it back. outcome: settled now;
-- repeated (it was settled so before); other (it was settled otherwise); expired; too_many; not_found.
create function app.settle_reservation(
  for_environment text, reservation_id text, confirmed_units numeric, new_event_id text, new_customer_id text,
  new_forward_id text, forward_seconds int, at timestamptz
) returns table (
  outcome text, event_id text, version bigint, customer_id text, cache_key text, meter_id text,
  period_start timestamptz, used numeric, usage_version bigint
)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  held public.usage_reservations;
  becomes text := case when confirmed_units is null then 'released' else 'confirmed' end;
  refusal text;
  recorded record;
  next_version bigint;
  name text;
begin
  select * into held from public.usage_reservations v
  where v.environment_id = for_environment and v.id = reservation_id for update;
  refusal := case
    when held.id is null then 'not_found'
    when held.state = becomes and held.confirmed is not distinct from confirmed_units then 'repeated'
    when held.state <> 'held' then 'other'
    when confirmed_units is not null and held.expires_at <= at then 'expired'
    when confirmed_units > held.quantity then 'too_many'
  end;
  if refusal is not null then
    return query select refusal, held.event_id, null::bigint, held.customer_id, null::text, held.meter_id,
      null::timestamptz, null::numeric, null::bigint;
    return;
  end if;

  select null::text as event_id, null::timestamptz as period_start, null::numeric as used, null::bigint as usage_version
  into recorded;
  if confirmed_units > 0 then
    -- The reservation's id is the event's key: it counts once, whatever is repeated.
    select r.event_id, r.period_start, r.used, r.usage_version into recorded
    from public.meters m
    cross join lateral app.record_usage(
      array[for_environment], array[held.id], array[sha256(convert_to(confirmed_units::text, 'UTF8'))],
      array[new_event_id], array[held.customer_id], array[new_customer_id], array[m.key], array[confirmed_units],
      array[at], array[null::jsonb], array[new_forward_id], forward_seconds, at) r
    where m.environment_id = for_environment and m.id = held.meter_id;
  end if;
  update public.usage_reservations v
  set state = becomes, confirmed = confirmed_units, event_id = recorded.event_id, settled_at = at
  where v.environment_id = for_environment and v.id = reservation_id;
  update public.customers c set entitlements_version = c.entitlements_version + 1
  where c.environment_id = for_environment and c.id = held.customer_id
  returning c.entitlements_version, coalesce(c.external_id, c.id) into next_version, name;
  return query select 'settled', recorded.event_id, next_version, held.customer_id, name, held.meter_id,
    recorded.period_start, recorded.used, recorded.usage_version;
end $$;

revoke execute on all functions in schema app from public;
grant execute on function
  app.consume_usage(text, text, text, numeric, text, bytea, text, text, text, jsonb, int, timestamptz),
  app.reserve_usage(text, text, text, numeric, text, text, timestamptz, timestamptz),
  app.settle_reservation(text, text, numeric, text, text, text, int, timestamptz)
  to billingos_api;
