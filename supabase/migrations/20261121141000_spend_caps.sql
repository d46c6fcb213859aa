-- Spend caps: at most so much money for metered use in a billing period, of a plan's subscribers or of one customer.

set local lock_timeout = '5s';

alter table plan_versions
  add column spend_cap_amount bigint check (spend_cap_amount >= 0),
  add column spend_cap_currency text check (spend_cap_currency ~ '^[a-z]{3}$'),
  add check ((spend_cap_amount is null) = (spend_cap_currency is null));
comment on column plan_versions.spend_cap_amount is 'The most that metered use of a subscription may cost in a billing period, in minor units; a customer may have another. Null: no end.';

create table customer_spend_caps (
  environment_id text not null references environments (id),
  customer_id text not null,
  amount bigint check (amount >= 0),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  updated_at timestamptz not null,
  primary key (environment_id, customer_id),
  foreign key (environment_id, customer_id) references customers (environment_id, id)
);
comment on table customer_spend_caps is 'Spend caps of single customers, in place of their plans''.';
comment on column customer_spend_caps.amount is 'Minor units, for each of their subscriptions and billing period. Null: no end, whatever the plan says.';

create table spend_cap_alerts (
  environment_id text not null references environments (id),
  subscription_id text not null,
  period_start timestamptz not null,
  percent int not null check (percent in (80, 100)),
  raised_at timestamptz not null,
  primary key (environment_id, subscription_id, period_start, percent),
  foreign key (environment_id, subscription_id) references subscriptions (environment_id, id)
);
comment on table spend_cap_alerts is 'Which shares of a spend cap were told of: once in a billing period.';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['customer_spend_caps', 'spend_cap_alerts'] loop
    execute format('alter table public.%I enable row level security', tenant_table);
    execute format('alter table public.%I force row level security', tenant_table);
    execute format(
      'create policy tenant on public.%I to billingos_api
         using (environment_id = (select app.environment_id()))
         with check (environment_id = (select app.environment_id()))', tenant_table);
    execute format('grant select, insert, update on public.%I to billingos_api', tenant_table);
  end loop;
end $$;
grant delete on customer_spend_caps to billingos_api;

-- The caps on a customer's running subscriptions, each with the metered prices of its currency and what was used of
-- each. Null: none. Part of the functions below.
create function app.spend_caps(for_environment text, for_customer text, at timestamptz) returns jsonb
language sql stable
as $$
  select jsonb_agg(jsonb_build_object(
           'subscription_id', s.id, 'amount', cap.amount, 'currency', cap.currency, 'prices', metered.prices))
  from public.subscriptions s
  join public.plan_versions v on v.environment_id = s.environment_id and v.id = s.plan_version_id
  left join public.customer_spend_caps own
    on own.environment_id = s.environment_id and own.customer_id = s.customer_id
  cross join lateral (
    select case when own.customer_id is null then v.spend_cap_amount else own.amount end as amount,
           coalesce(own.currency, v.spend_cap_currency) as currency
  ) cap
  cross join lateral (
    select jsonb_agg(jsonb_build_object(
             'feature', f.key, 'meter_id', f.meter_id, 'period_start', u.period_start, 'used', coalesce(r.value, 0),
             'type', p.type, 'amount', p.amount, 'unit_amount', p.unit_amount::text, 'package_size', p.package_size,
             'included_units', p.included_units, 'tiers', p.tiers) order by p.id) as prices
    from public.subscription_items i
    join public.prices p on p.environment_id = i.environment_id and p.id = i.price_id
    join public.features f on f.environment_id = p.environment_id and f.id = p.feature_id
    cross join lateral app.usage_period(s.environment_id, s.customer_id, f.meter_id, at) u
    left join public.usage_records r
      on r.environment_id = s.environment_id and r.customer_id = s.customer_id and r.meter_id = f.meter_id
      and r.period_start = u.period_start
    where i.environment_id = s.environment_id and i.subscription_id = s.id and p.currency = cap.currency
  ) metered
  where s.environment_id = for_environment and s.customer_id = for_customer
    and s.status in ('trialing', 'active', 'past_due', 'unpaid', 'paused') and s.duplicate_of is null
    and cap.amount is not null and metered.prices is not null
$$;

-- As before, with the spend caps.
create or replace function app.entitlement_snapshot(for_environment text, reference text, at timestamptz)
returns jsonb
language plpgsql stable security definer set search_path = '' set enable_seqscan = off
as $$
declare
  customer public.customers;
  default_version text;
  replaced text[];
  denied text[];
  changes timestamptz;
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
    where pv.environment_id = e.id and pv.plan_id = p.id and pv.published_at is not null
    order by pv.number desc limit 1
  ) v on true
  where e.id = for_environment
    and not exists (
      select from public.subscriptions s
      where s.environment_id = e.id and s.customer_id = customer.id and s."group" = p."group"
        and s.status in ('trialing', 'active', 'past_due', 'unpaid', 'paused'));

  select coalesce(array_agg(o.feature_id) filter (where o.mode = 'replace'), '{}'),
         coalesce(array_agg(o.feature_id) filter (where not o.granted), '{}'),
         min(o.expires_at)
  into replaced, denied, changes
  from public.entitlement_overrides o
  where o.environment_id = for_environment and o.customer_id = customer.id and o.removed_at is null
    and (o.expires_at is null or o.expires_at > at);

  with grants as (
    -- An override says how much; what is withheld from the subscription stays withheld.
    select e.feature_id, e."limit", e.overage, e.value, e.caps, e.rank, e.suspended, e.paused, false as by_hand,
           not e.suspended and not e.feature_id = any (replaced) as counts
    from public.entitlements e
    where e.environment_id = for_environment and e.customer_id = customer.id
    union all
    select pf.feature_id, pf."limit", pf.overage, pf.value, pf.caps, -1, false, false, false,
           not pf.feature_id = any (replaced)
    from public.plan_features pf
    where pf.environment_id = for_environment and pf.plan_version_id = default_version
    union all
    select o.feature_id, o."limit", o.overage, o.value, o.caps, 2147483647, false, false, true, o.granted
    from public.entitlement_overrides o
    where o.environment_id = for_environment and o.customer_id = customer.id and o.removed_at is null
      and (o.expires_at is null or o.expires_at > at)
  ), usable as (
    select g.* from grants g
    union all
    -- What credits pay for, whoever has some may use: of nothing else, nothing is granted by it.
    select f.id, 0, 'block', null, null, -2, false, false, false, true
    from public.features f
    where customer.has_credits and f.environment_id = for_environment and f.credit_cost is not null
      and not exists (select from grants g where g.feature_id = f.id)
  ), active as (
    -- Grants of one feature add up; withheld ones count only when there is nothing else.
    select g.feature_id,
           coalesce(bool_and(g.suspended) filter (where not g.by_hand), false) as suspended,
           coalesce(bool_and(g.paused) filter (where not g.by_hand), false) as paused,
           case when bool_or(g."limit" is null and g.counts) then null
                else coalesce(sum(g."limit") filter (where g.counts), 0) end as "limit",
           case when bool_or(g.overage = 'allow' and g.counts) then 'allow'
                else coalesce(max(g.overage) filter (where g.counts), max(g.overage)) end as overage,
           (array_agg(g.value order by g.rank desc) filter (where g.counts))[1] as value,
           bool_or(g.caps is not null and g.counts) as capped
    from usable g
    where not g.feature_id = any (denied)
    group by g.feature_id
  )
  select coalesce(jsonb_object_agg(f.key, jsonb_build_object(
           'name', f.name,
           'type', f.type,
           'suspended', a.suspended,
           'paused', a.paused,
           'limit', a."limit",
           'overage', a.overage,
           'value', a.value,
           'meter_id', f.meter_id,
           'period_start', u.period_start,
           'period_end', u.period_end,
           'used', coalesce(r.value, 0),
           'held', coalesce(h.held, 0),
           'usage_version', coalesce(r.version, 0),
           'caps', c.caps)), '{}'::jsonb)
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
  ) h on f.meter_id is not null
  left join lateral (
    select jsonb_agg(jsonb_build_object(
             'interval', s.unit, 'quantity', s.quantity, 'starts_at', w.window_start, 'ends_at', w.window_end,
             'base', coalesce(kept.base,
               app.window_base(for_environment, customer.id, f.meter_id, w.window_start, coalesce(r.value, 0))),
             'kept', kept.base is not null) order by w.window_end, s.unit) as caps
    from (
      -- Like limits: where several grants cap the same interval, the caps add up.
      select cap."interval" as unit, sum(cap.quantity) as quantity
      from grants g
      cross join lateral jsonb_to_recordset(g.caps) as cap ("interval" text, quantity numeric)
      where g.feature_id = a.feature_id and g.counts and g.caps is not null
      group by cap."interval"
    ) s
    cross join lateral app.cap_window(s.unit, at) w
    left join public.usage_windows kept
      on kept.environment_id = for_environment and kept.customer_id = customer.id and kept.meter_id = f.meter_id
      and kept."interval" = s.unit and kept.window_start = w.window_start and kept.period_start = u.period_start
  ) c on a.capped and f.meter_id is not null;

  granted := jsonb_build_object(
    'customer_id', customer.id,
    'external_id', customer.external_id,
    'version', coalesce(customer.entitlements_version, 0),
    'unsynced_since', customer.unsynced_since,
    'known', customer.id is not null or default_version is not null,
    'default_version', default_version,
    'changes_at', changes,
    'spend_caps', app.spend_caps(for_environment, customer.id, at),
    'features', granted);
  return case when customer.has_credits
    then app.with_credits(for_environment, customer.id, granted, at) else granted end;
end $$;

-- Whoever takes or holds what is under a spend cap comes here first, looks at what it would cost, and goes on in the same
-- transaction: those of one customer come one after the other, so that what was looked at still holds.
create function app.lock_spend(for_environment text, reference text, at timestamptz) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  snapshot jsonb := app.entitlement_snapshot(for_environment, reference, at);
begin
  perform pg_advisory_xact_lock(hashtextextended(
    concat_ws(' ', 'spend', for_environment, snapshot ->> 'customer_id'), 0));
  perform set_config('app.spend_checked', snapshot ->> 'customer_id', true);
  -- Read before the lock was there, it may be out of date.
  return app.entitlement_snapshot(for_environment, reference, at);
end $$;

-- As before; and what is under a spend cap is decided by whoever holds app.lock_spend.
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
    if jsonb_path_exists(granted, '$.caps[*].kept ? (@ == false)') then
      perform app.keep_usage_windows(for_environment, snapshot);
    end if;
    if granted ? 'credit_cost'
       and (granted ->> 'used')::numeric - (granted ->> 'credit_units')::numeric + (granted ->> 'held')::numeric + asked
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

  -- In the order of a check.
  outcome := case
    when not (snapshot -> 'known')::boolean then 'customer_not_found'
    when granted is null then 'not_entitled'
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
    when taken <= (granted ->> 'limit')::numeric then 'allowed'
    when app.credits_suffice(snapshot, feature_key, asked) then 'allowed'
    else 'limit_reached'
  end;
end $$;

-- Customers under a spend cap who used something since.
create function app.spenders_since(since timestamptz) returns table (environment_id text, customer_id text)
language sql stable security definer set search_path = ''
as $$
  select distinct s.environment_id, s.customer_id
  from public.subscriptions s
  join public.plan_versions v on v.environment_id = s.environment_id and v.id = s.plan_version_id
  left join public.customer_spend_caps own
    on own.environment_id = s.environment_id and own.customer_id = s.customer_id
  where s.status in ('trialing', 'active', 'past_due', 'unpaid', 'paused')
    and case when own.customer_id is null then v.spend_cap_amount else own.amount end is not null
    and exists (
      select from public.usage_records r
      where r.environment_id = s.environment_id and r.customer_id = s.customer_id and r.updated_at >= since)
  order by s.environment_id, s.customer_id
$$;

revoke execute on all functions in schema app from public;
grant execute on function
  app.lock_spend(text, text, timestamptz),
  app.spenders_since(timestamptz)
  to billingos_api;
