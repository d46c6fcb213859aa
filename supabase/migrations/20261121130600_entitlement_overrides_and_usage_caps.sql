-- What a merchant grants or denies one customer by hand, caps on use within an hour or a day, and a reason of its own for
-- what a pause withholds.

set local lock_timeout = '5s';

create table entitlement_overrides (
  environment_id text not null references environments (id),
  id text not null,
  customer_id text not null,
  feature_id text not null,
  mode text not null check (mode in ('replace', 'add')),
  granted boolean not null,
  "limit" numeric check ("limit" >= 0),
  overage text check (overage in ('block', 'allow')),
  value text check (length(value) <= 500),
  caps jsonb,
  reason text not null check (length(reason) between 1 and 500),
  expires_at timestamptz,
  created_at timestamptz not null,
  removed_at timestamptz,
  primary key (environment_id, id),
  foreign key (environment_id, customer_id) references customers (environment_id, id),
  foreign key (environment_id, feature_id) references features (environment_id, id),
  check (granted or mode = 'replace')
);
comment on table entitlement_overrides is 'What a customer may do because somebody decided so, in place of what is sold to them or on top of it. Removed ones are kept.';
comment on column entitlement_overrides.granted is 'False: denied, whatever the plans say.';
comment on column entitlement_overrides."limit" is 'Of a metered feature, per period. Null is unlimited, 0 is none.';
comment on column entitlement_overrides.expires_at is 'From then on it says nothing any more.';
create unique index entitlement_overrides_one_replaces on entitlement_overrides (environment_id, customer_id, feature_id)
  where mode = 'replace' and removed_at is null;
create index entitlement_overrides_in_force on entitlement_overrides (environment_id, customer_id) where removed_at is null;

-- Where a cap's window begins on the total of its meter: use within the window is the total less this. So nothing is
-- counted twice, and recording use costs what it did.
create table usage_windows (
  environment_id text not null references environments (id),
  customer_id text not null,
  meter_id text not null,
  "interval" text not null check ("interval" in ('minute', 'hour', 'day', 'week', 'month')),
  window_start timestamptz not null,
  period_start timestamptz not null,
  base numeric not null,
  primary key (environment_id, customer_id, meter_id, "interval"),
  foreign key (environment_id, customer_id) references customers (environment_id, id),
  foreign key (environment_id, meter_id) references meters (environment_id, id)
);
comment on table usage_windows is 'Of the window of a usage cap that was looked at last, what the total of the billing period was when it began. A copy: it can be made anew from the events.';
comment on column usage_windows.base is 'Negative when the billing period began within the window: what was used in it before.';

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['entitlement_overrides', 'usage_windows'] loop
    execute format('alter table public.%I enable row level security', tenant_table);
    execute format('alter table public.%I force row level security', tenant_table);
    execute format(
      'create policy tenant on public.%I to billingos_api
         using (environment_id = (select app.environment_id()))
         with check (environment_id = (select app.environment_id()))', tenant_table);
  end loop;
end $$;
grant select, insert, update on entitlement_overrides to billingos_api;
grant select on usage_windows to billingos_api;

alter table plan_features add column caps jsonb;
comment on column plan_features.caps is 'Of a metered feature: [{interval, quantity}], at most so much within each minute, hour, day, week or month in UTC, also where overage is allowed.';
alter table entitlements add column caps jsonb, add column paused boolean not null default false;
comment on column entitlements.caps is 'As plan_features.caps, of plan and add-ons together.';
comment on column entitlements.paused is 'Of what is suspended: because the subscription is paused, not because of money.';

-- The window of a cap that contains `at`. In UTC, weeks begin on Monday.
create function app.cap_window(unit text, at timestamptz, out window_start timestamptz, out window_end timestamptz)
language sql stable
as $$
  select date_trunc(unit, at, 'UTC'), (date_trunc(unit, at at time zone 'UTC') + ('1 ' || unit)::interval) at time zone 'UTC'
$$;

-- What the total of a meter was when a window began, from the events that came since. Part of the functions below.
create function app.window_base(
  for_environment text, for_customer text, for_meter text, window_start timestamptz, total numeric
) returns numeric
language sql stable
as $$
  select total - coalesce(sum(case when e.kind = 'usage' and m.aggregation = 'count' then 1 else e.value end), 0)
  from public.usage_events e
  join public.meters m on m.environment_id = e.environment_id and m.id = e.meter_id
  where e.environment_id = for_environment and e.customer_id = for_customer and e.meter_id = for_meter
    and e.occurred_at >= window_start
$$;

-- As before; and overrides, caps, why something is withheld, and never a draft of the default plan.
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
    from grants g
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

  return jsonb_build_object(
    'customer_id', customer.id,
    'external_id', customer.external_id,
    'version', coalesce(customer.entitlements_version, 0),
    'unsynced_since', customer.unsynced_since,
    'known', customer.id is not null or default_version is not null,
    'default_version', default_version,
    'changes_at', changes,
    'features', granted);
end $$;

-- Keeps where the windows of a snapshot begin, so that the events are not added up for each look. Never waits: whoever
-- comes while another one is at it goes without. Part of the functions below.
create function app.keep_usage_windows(for_environment text, snapshot jsonb) returns void
language sql set search_path = ''
as $$
  insert into public.usage_windows as kept
    (environment_id, customer_id, meter_id, "interval", window_start, period_start, base)
  select distinct on (f.value ->> 'meter_id', cap."interval")
         for_environment, snapshot ->> 'customer_id', f.value ->> 'meter_id', cap."interval", cap.starts_at,
         (f.value ->> 'period_start')::timestamptz, cap.base
  from jsonb_each(snapshot -> 'features') f
  cross join lateral jsonb_to_recordset(nullif(f.value -> 'caps', 'null'))
    as cap ("interval" text, starts_at timestamptz, base numeric, kept boolean)
  where snapshot ->> 'customer_id' is not null and not cap.kept
    and pg_try_advisory_xact_lock(hashtextextended(
      concat_ws(' ', 'usage_windows', for_environment, snapshot ->> 'customer_id'), 0))
  on conflict (environment_id, customer_id, meter_id, "interval") do update
  set window_start = excluded.window_start, period_start = excluded.period_start, base = excluded.base
  where (excluded.window_start, excluded.period_start) > (kept.window_start, kept.period_start)
$$;

create or replace function app.entitlement_snapshots(environment_ids text[], customer_refs text[], at timestamptz)
returns table ("position" int, snapshot jsonb)
language plpgsql volatile security definer set search_path = ''
as $$
begin
  for n in 1 .. coalesce(array_length(environment_ids, 1), 0) loop
    "position" := n;
    snapshot := app.entitlement_snapshot(environment_ids[n], customer_refs[n], at);
    if jsonb_path_exists(snapshot, '$.features.*.caps[*].kept ? (@ == false)') then
      perform app.keep_usage_windows(environment_ids[n], snapshot);
    end if;
    return next;
  end loop;
end $$;

-- As before; and a cap holds whatever the limit says.
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
    when exists (
      select from jsonb_to_recordset(nullif(granted -> 'caps', 'null')) as cap (quantity numeric, base numeric)
      where taken - cap.base > cap.quantity) then 'usage_cap'
    when granted ->> 'limit' is null or granted ->> 'overage' = 'allow' then 'allowed'
    when taken <= (granted ->> 'limit')::numeric then 'allowed'
    else 'limit_reached'
  end;
end $$;

revoke execute on all functions in schema app from public;
