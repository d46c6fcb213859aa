-- Credits pay for use beyond the direct limit, in the transaction that records it. A customer without a pool is asked
-- nothing: `customers.has_credits` is read with the row that is read anyway.

set local lock_timeout = '5s';

-- What a check needs to know of a customer's credits, added to a snapshot: the balance, when it changes by time, and of each
-- feature that credits pay for, its cost, what they paid for in this period, and what of its use they did not. From these
-- and from what was used since, the balance of any moment follows, so that a burn has no cache to tell.
create function app.with_credits(for_environment text, for_customer text, snapshot jsonb, at timestamptz)
returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  balance numeric;
  changes_at timestamptz;
  priced jsonb;
begin
  select coalesce(sum(g.remaining) filter (where g.effective_at <= at and (g.expires_at is null or g.expires_at > at)), 0),
         least(min(g.expires_at) filter (where g.expires_at > at), min(g.effective_at) filter (where g.effective_at > at))
  into balance, changes_at
  from public.credit_grants g
  where g.environment_id = for_environment and g.customer_id = for_customer and g.remaining > 0;

  -- A reset that is due is done by whoever moves the pool next; reading says already what it will grant and carry over.
  select balance + coalesce(sum(a.quantity + case when a.rollover_max is null then 0 else
           least(a.rollover_max, coalesce(l.ended, 0) + coalesce(l.living, 0)) - coalesce(l.living, 0) end)
           filter (where a.next_reset_at <= at), 0),
         least(changes_at, min(a.next_reset_at) filter (where a.next_reset_at > at))
  into balance, changes_at
  from public.credit_allowances a
  left join lateral (
    select sum(g.remaining) filter (where g.source <> 'rollover' and g.expires_at = a.next_reset_at) as ended,
           sum(g.remaining) filter (where g.source = 'rollover' and g.expires_at > at) as living
    from public.credit_grants g
    where g.environment_id = for_environment and g.allowance_id = a.id and g.remaining > 0
  ) l on true
  where a.environment_id = for_environment and a.customer_id = for_customer and a.ended_at is null;

  select jsonb_object_agg(s.key, s.value || jsonb_build_object(
           'credit_cost', f.credit_cost,
           'credit_units', coalesce(d.units, 0),
           'uncovered', greatest(0, (s.value ->> 'used')::numeric - coalesce(d.units, 0) - (s.value ->> 'limit')::numeric)))
  into priced
  from jsonb_each(snapshot -> 'features') s
  join public.features f on f.environment_id = for_environment and f.key = s.key and f.credit_cost is not null
  left join public.credit_draws d
    on d.environment_id = for_environment and d.customer_id = for_customer and d.meter_id = f.meter_id
    and d.period_start = (s.value ->> 'period_start')::timestamptz
  where s.value -> 'limit' <> 'null'::jsonb;

  return jsonb_set(snapshot, '{features}', (snapshot -> 'features') || coalesce(priced, '{}'::jsonb))
    || jsonb_build_object(
         'credits', jsonb_build_object('balance', balance),
         'changes_at', least((snapshot ->> 'changes_at')::timestamptz, changes_at));
end $$;

-- Whether what is left of the limit and the credits suffice for `asked` more, beside what is held already. The rule is
-- that of `check` in the API: what is held beyond a limit holds credits.
create function app.credits_suffice(snapshot jsonb, feature_key text, asked numeric) returns boolean
language sql immutable set search_path = ''
as $$
  select coalesce(
    (snapshot -> 'features' -> feature_key) ? 'credit_cost'
    and (bool_or(f.key = feature_key and f.direct + f.held + asked <= f.most)
         or sum(
              (greatest(0, f.direct + f.held + case f.key when feature_key then asked else 0 end - f.most)
               - greatest(0, f.direct - f.most)) * f.cost
            ) <= (snapshot -> 'credits' ->> 'balance')::numeric), false)
  from (
    select s.key, (s.value ->> 'used')::numeric - (s.value ->> 'credit_units')::numeric as direct,
           (s.value ->> 'held')::numeric as held, (s.value ->> 'limit')::numeric as most,
           (s.value ->> 'credit_cost')::numeric as cost
    from jsonb_each(snapshot -> 'features') s
    where s.value ? 'credit_cost'
  ) f
$$;

-- Locks the pools of the customers among those given, and says how much each had used before. Called before any key or
-- total is written, so that everybody waits in the same order.
create function app.usage_before_credits(
  environment_ids text[], customer_ids text[], meter_ids text[], period_starts timestamptz[], at timestamptz
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  pool record;
begin
  for pool in
    select p.environment_id, p.customer_id from public.credit_pools p
    where (p.environment_id, p.customer_id) in (select i.env, i.customer from unnest(environment_ids, customer_ids) i (env, customer))
    order by p.environment_id, p.customer_id
    for update
  loop
    perform app.settle_credits(pool.environment_id, pool.customer_id, at);
  end loop;
  return (
    select jsonb_agg(jsonb_build_object(
             'environment_id', i.env, 'customer_id', i.customer, 'meter_id', i.meter, 'period_start', i.started,
             'used', coalesce(r.value, 0)) order by i.env, i.customer, i.meter, i.started)
    from (
      select distinct u.* from unnest(environment_ids, customer_ids, meter_ids, period_starts) u (env, customer, meter, started)
    ) i
    join public.credit_pools p on p.environment_id = i.env and p.customer_id = i.customer
    left join public.usage_records r
      on r.environment_id = i.env and r.customer_id = i.customer and r.meter_id = i.meter and r.period_start = i.started
    where i.meter is not null);
end $$;

-- Burns credits for what was used since `before` beyond the direct limit. What no credit pays for stays overage. What
-- credits paid for, Stripe's meter is not told: it would be charged twice.
create function app.charge_credits(before jsonb, at timestamptz) returns void
language plpgsql set search_path = ''
as $$
declare
  line record;
  feature public.features;
  granted jsonb;
  used_now numeric;
  direct_limit numeric;
  covered numeric;
  paid numeric;
  waiting record;
begin
  for line in
    select * from jsonb_to_recordset(before) as b(
      environment_id text, customer_id text, meter_id text, period_start timestamptz, used numeric)
  loop
    select * into feature from public.features f
    where f.environment_id = line.environment_id and f.meter_id = line.meter_id and f.credit_cost is not null;
    continue when not found;
    select r.value into used_now from public.usage_records r
    where r.environment_id = line.environment_id and r.customer_id = line.customer_id and r.meter_id = line.meter_id
      and r.period_start = line.period_start;
    continue when not found or used_now <= line.used;
    granted := app.entitlement_snapshot(line.environment_id, line.customer_id, at) -> 'features' -> feature.key;
    continue when granted is null or granted -> 'limit' = 'null'::jsonb;
    direct_limit := (granted ->> 'limit')::numeric;

    select coalesce(max(d.units), 0) into covered from public.credit_draws d
    where d.environment_id = line.environment_id and d.customer_id = line.customer_id and d.meter_id = line.meter_id
      and d.period_start = line.period_start;
    paid := greatest(0, used_now - covered - direct_limit) - greatest(0, line.used - covered - direct_limit);
    continue when paid = 0;
    paid := app.burn_credits(
      line.environment_id, line.customer_id, line.meter_id, line.period_start, paid, feature.credit_cost, at);

    for waiting in
      select f.id, f.quantity from public.usage_forwards f
      where f.environment_id = line.environment_id and f.customer_id = line.customer_id and f.meter_id = line.meter_id
        and f.state = 'open' and f.bucket >= line.period_start and f.quantity > 0
      order by f.bucket desc for update
    loop
      exit when paid = 0;
      update public.usage_forwards f set quantity = f.quantity - least(paid, waiting.quantity)
      where f.environment_id = line.environment_id and f.id = waiting.id;
      paid := paid - least(paid, waiting.quantity);
    end loop;
  end loop;
end $$;

-- Unchanged, but for what credits pay for.
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
    'features', granted);
  return case when customer.has_credits
    then app.with_credits(for_environment, customer.id, granted, at) else granted end;
end $$;

-- Unchanged, but that credits may do what the limit does not.
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
    when exists (
      select from jsonb_to_recordset(nullif(granted -> 'caps', 'null')) as cap (quantity numeric, base numeric)
      where taken - cap.base > cap.quantity) then 'usage_cap'
    when granted ->> 'limit' is null or granted ->> 'overage' = 'allow' then 'allowed'
    when taken <= (granted ->> 'limit')::numeric then 'allowed'
    when app.credits_suffice(snapshot, feature_key, asked) then 'allowed'
    else 'limit_reached'
  end;
end $$;

-- Unchanged, but that credits are burned for what goes beyond a limit.
create or replace function app.record_unusual_usage(
  environment_ids text[], keys text[], fingerprints bytea[], event_ids text[], customer_refs text[],
  new_customer_ids text[], meter_keys text[], quantities numeric[], occurred_at timestamptz[], properties jsonb[],
  forward_ids text[], forward_seconds int, at timestamptz
) returns table (
  "position" int, outcome text, event_id text, environment_id text, customer_id text, cache_key text, meter_id text,
  period_start timestamptz, used numeric, usage_version bigint, late boolean
)
-- Plans are kept for the life of a connection: one made while a table was small must not scan it when it has grown.
language plpgsql set search_path = '' set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  c_id text[]; c_key text[]; c_linked boolean[]; m_id text[]; m_count boolean[]; m_linked boolean[];
  p_start timestamptz[]; p_end timestamptz[]; p_late boolean[];
  strangers boolean; with_credits boolean; used_before jsonb; tried boolean := false;
  fit bigint; added bigint; first_event text[]; stored bytea[];
begin
  loop
    with asked as materialized (
      select distinct i.env, i.ref, i.meter
      from unnest(environment_ids, customer_refs, meter_keys) as i (env, ref, meter)
    ), known as materialized (
      -- The anchor of the current period belongs to customer and meter; only an event of another period asks again.
      select a.env, a.ref, a.meter, coalesce(own.id, named.id) as customer,
             coalesce(own.external_id, own.id, named.external_id) as cache_key,
             coalesce(own.stripe_customer_id, named.stripe_customer_id) is not null as customer_linked,
             m.id as meter_id, m.aggregation = 'count' as counts_events, m.stripe_meter_id is not null as meter_linked,
             coalesce(own.has_credits, named.has_credits) as has_credits,
             u.period_start, u.period_end, make_interval(mins => e.usage_grace_minutes) as grace
      from asked a
      left join public.environments e on e.id = a.env
      left join public.meters m on m.environment_id = a.env and m.key = a.meter
      left join public.customers named on named.environment_id = a.env and named.external_id = a.ref
      left join public.customers own
        on own.environment_id = a.env and own.id = case when starts_with(a.ref, 'cus_') then a.ref end
      left join lateral app.usage_period(a.env, coalesce(own.id, named.id), m.id, at) u
        on m.id is not null and coalesce(own.id, named.id) is not null
    )
    select array_agg(k.customer order by i.pos), array_agg(k.cache_key order by i.pos),
           array_agg(k.customer_linked order by i.pos), array_agg(k.meter_id order by i.pos),
           array_agg(k.counts_events order by i.pos), array_agg(k.meter_linked order by i.pos),
           -- A period that is closed is billed: what comes for it later counts in the one that is open.
           array_agg(case when other.period_end + k.grace > at then other.period_start else k.period_start end order by i.pos),
           array_agg(case when other.period_end + k.grace > at then other.period_end else k.period_end end order by i.pos),
           array_agg(coalesce(other.period_end + k.grace <= at, false) order by i.pos),
           coalesce(bool_or(k.customer is null and k.meter_id is not null and k.ref !~ '^cus_[0-9a-f]{32}$'), false),
           count(*) filter (where k.customer is not null and k.meter_id is not null), coalesce(bool_or(k.has_credits), false)
    into c_id, c_key, c_linked, m_id, m_count, m_linked, p_start, p_end, p_late, strangers, fit, with_credits
    from unnest(environment_ids, customer_refs, meter_keys, occurred_at)
      with ordinality as i (env, ref, meter, occurred, pos)
    join known k on k.env = i.env and k.ref = i.ref and k.meter = i.meter
    left join lateral (
      select u.period_start, u.period_end
      from (select 1 where i.occurred < k.period_start or i.occurred >= k.period_end offset 0) elsewhere,
        app.usage_period(i.env, k.customer, k.meter_id, i.occurred) u
    ) other on true;
    exit when tried or not strangers;

    -- Customers never seen before are created when their first event arrives.
    insert into public.customers (environment_id, id, external_id, created_at, updated_at)
    select distinct on (i.env, i.ref) i.env, i.new_id, i.ref, at, at
    from unnest(environment_ids, customer_refs, new_customer_ids, c_id, m_id) as i (env, ref, new_id, customer, meter)
    where i.customer is null and i.meter is not null and i.ref !~ '^cus_[0-9a-f]{32}$'
    order by i.env, i.ref
    on conflict on constraint customers_environment_id_external_id_key do nothing;
    tried := true;
  end loop;

  if with_credits then
    used_before := app.usage_before_credits(environment_ids, c_id, m_id, p_start, at);
  end if;

  with inserted as (
    insert into public.usage_keys (environment_id, key, fingerprint, event_id, received_at)
    select distinct on (i.env, i.key) i.env, i.key, i.fingerprint, i.event_id, at
    from unnest(environment_ids, keys, fingerprints, event_ids, c_id, m_id)
      with ordinality as i (env, key, fingerprint, event_id, customer, meter, pos)
    where i.customer is not null and i.meter is not null
    order by i.env, i.key, i.pos
    on conflict on constraint usage_keys_pkey do nothing
    returning 1
  )
  select count(*) into added from inserted;

  if added = fit then
    first_event := event_ids;
    stored := fingerprints;
  else
    -- A new statement sees what concurrent calls committed while the insert waited for them.
    select array_agg(k.event_id order by i.pos), array_agg(k.fingerprint order by i.pos)
    into first_event, stored
    from unnest(environment_ids, keys) with ordinality as i (env, key, pos)
    left join lateral (
      select u.event_id, u.fingerprint from public.usage_keys u
      where u.environment_id = i.env and u.key = i.key limit 1
    ) k on true;
  end if;

  return query
  with input as materialized (
    select i.*, i.customer_linked and i.meter_linked as forwarded,
           case when i.counts_events then 1 else i.quantity end as counted,
           case
             when i.meter is null then 'no_meter'
             when i.customer is null then 'no_customer'
             when i.first_event = i.event_id then 'accepted'
             when i.stored = i.fingerprint then 'duplicate'
             else 'conflict'
           end as outcome
    from unnest(environment_ids, keys, fingerprints, event_ids, quantities, occurred_at, properties, forward_ids,
                c_id, c_key, c_linked, m_id, m_count, m_linked, p_start, p_end, p_late, first_event, stored)
      with ordinality as i (env, key, fingerprint, event_id, quantity, occurred, props, forward_id,
                            customer, cache_key, customer_linked, meter, counts_events, meter_linked,
                            period_start, period_end, late, first_event, stored, pos)
  ), events as (
    insert into public.usage_events
      (environment_id, id, idempotency_key, customer_id, meter_id, value, properties, occurred_at, received_at, period_start,
       late)
    select f.env, f.event_id, f.key, f.customer, f.meter, f.quantity, f.props, f.occurred, at, f.period_start, f.late
    from input f
    where f.outcome = 'accepted'
  ), totals as (
    insert into public.usage_records
      (environment_id, customer_id, meter_id, period_start, period_end, value, event_count, updated_at)
    select f.env, f.customer, f.meter, f.period_start, max(f.period_end), sum(f.counted), count(*), at
    from input f
    where f.outcome = 'accepted'
    group by f.env, f.customer, f.meter, f.period_start
    order by f.env, f.customer, f.meter, f.period_start
    on conflict on constraint usage_records_pkey do update
    set value = usage_records.value + excluded.value,
        event_count = usage_records.event_count + excluded.event_count,
        version = usage_records.version + 1,
        updated_at = excluded.updated_at
    returning environment_id, customer_id, meter_id, period_start, value, version
  ), forwards as (
    insert into public.usage_forwards (environment_id, id, customer_id, meter_id, bucket, quantity, state, due_at)
    select f.env, min(f.forward_id), f.customer, f.meter, b.bucket, sum(f.counted), 'open',
           b.bucket + make_interval(secs => forward_seconds)
    from input f
    -- By event time, so that Stripe counts the use in the period it happened in: a bucket that began before the period
    -- begins with it. Due by arrival.
    cross join lateral (
      select greatest(
        f.period_start, date_bin(make_interval(secs => forward_seconds), f.occurred, 'epoch'::timestamptz))
    ) b (bucket)
    where f.outcome = 'accepted' and f.forwarded
    group by f.env, f.customer, f.meter, b.bucket
    order by f.env, f.customer, f.meter, b.bucket
    on conflict (environment_id, customer_id, meter_id, bucket) where state = 'open' do update
    set quantity = usage_forwards.quantity + excluded.quantity
  )
  select i.pos::int, i.outcome,
         case i.outcome when 'accepted' then i.event_id when 'duplicate' then i.first_event end,
         i.env, i.customer, i.cache_key, i.meter, t.period_start, t.value, t.version,
         i.outcome = 'accepted' and i.late
  from input i
  left join totals t
    on i.outcome = 'accepted' and t.environment_id = i.env and t.customer_id = i.customer
    and t.meter_id = i.meter and t.period_start = i.period_start
  order by i.pos;
  if used_before is not null then
    perform app.charge_credits(used_before, at);
  end if;
end $$;

-- Unchanged, but that customers with credits take the long way, too: their pools are locked before their keys are written.
create or replace function app.record_usage(
  environment_ids text[], keys text[], fingerprints bytea[], event_ids text[], customer_refs text[],
  new_customer_ids text[], meter_keys text[], quantities numeric[], occurred_at timestamptz[], properties jsonb[],
  forward_ids text[], forward_seconds int, at timestamptz
) returns table (
  "position" int, outcome text, event_id text, environment_id text, customer_id text, cache_key text, meter_id text,
  period_start timestamptz, used numeric, usage_version bigint, late boolean
)
-- Plans are kept for the life of a connection: one made while a table was small must not scan it when it has grown. And
-- nobody tells the planner how many events there are: it must not compare each with each. What is looked up by an index is
-- therefore a lateral subquery with a limit, which leaves it no other way.
language plpgsql security definer set search_path = '' set enable_seqscan = off set enable_nestloop = off
as $$
#variable_conflict use_column
declare
  usual bigint;
  rest int[];
begin
  return query
  with asked as materialized (
    select distinct i.env, i.ref, i.meter
    from unnest(environment_ids, customer_refs, meter_keys) as i (env, ref, meter)
  ), measured as materialized (
    select d.env, d.meter, m.id, m.aggregation = 'count' as counts_events, m.stripe_meter_id is not null as is_linked,
           make_interval(mins => e.usage_grace_minutes) as grace
    from (select distinct a.env, a.meter from asked a) d
    cross join lateral (select e.usage_grace_minutes from public.environments e where e.id = d.env limit 1) e
    cross join lateral (
      select m.id, m.aggregation, m.stripe_meter_id from public.meters m
      where m.environment_id = d.env and m.key = d.meter limit 1
    ) m
  ), known as materialized (
    -- The anchor of the current period belongs to customer and meter; only an event of another period asks again.
    select a.env, a.ref, a.meter, coalesce(own.id, named.id) as customer_id,
           coalesce(own.external_id, own.id, named.external_id) as cache_key,
           m.is_linked and coalesce(own.stripe_customer_id, named.stripe_customer_id) is not null as is_forwarded,
           m.id as meter_id, m.counts_events, m.grace, u.period_start, u.period_end
    from asked a
    join measured m on m.env = a.env and m.meter = a.meter
    left join lateral (
      select c.id, c.external_id, c.stripe_customer_id from public.customers c
      where c.environment_id = a.env and c.external_id = a.ref and not c.has_credits limit 1
    ) named on true
    left join lateral (
      select c.id, c.external_id, c.stripe_customer_id from public.customers c
      where c.environment_id = a.env and c.id = a.ref and not c.has_credits limit 1
    ) own on starts_with(a.ref, 'cus_')
    cross join lateral app.usage_period(a.env, coalesce(own.id, named.id), m.id, at) u
    where coalesce(own.id, named.id) is not null
  ), input as materialized (
    select i.*, k.customer_id, k.cache_key, k.is_forwarded, k.meter_id,
           case when k.counts_events then 1 else i.quantity end as counted,
           -- A period that is closed is billed: what comes for it later counts in the one that is open.
           case when other.period_end + k.grace > at then other.period_start else k.period_start end as period_start,
           case when other.period_end + k.grace > at then other.period_end else k.period_end end as period_end,
           coalesce(other.period_end + k.grace <= at, false) as late
    from unnest(environment_ids, keys, fingerprints, event_ids, customer_refs, meter_keys, quantities, occurred_at,
                properties, forward_ids)
      with ordinality as i (env, key, fingerprint, event_id, ref, meter, quantity, occurred, props, forward_id, pos)
    join known k on k.env = i.env and k.ref = i.ref and k.meter = i.meter
    left join lateral (
      select u.period_start, u.period_end
      from (select 1 where i.occurred < k.period_start or i.occurred >= k.period_end offset 0) elsewhere,
        app.usage_period(i.env, k.customer_id, k.meter_id, i.occurred) u
    ) other on true
  ), fresh as (
    insert into public.usage_keys (environment_id, key, fingerprint, event_id, received_at)
    select i.env, i.key, i.fingerprint, i.event_id, at
    from input i
    order by i.env, i.key, i.pos
    on conflict on constraint usage_keys_pkey do nothing
    returning event_id
  ), counted as materialized (
    select i.* from input i join fresh f on f.event_id = i.event_id
  ), events as (
    insert into public.usage_events
      (environment_id, id, idempotency_key, customer_id, meter_id, value, properties, occurred_at, received_at, period_start,
       late)
    select c.env, c.event_id, c.key, c.customer_id, c.meter_id, c.quantity, c.props, c.occurred, at, c.period_start, c.late
    from counted c
  ), totals as (
    insert into public.usage_records
      (environment_id, customer_id, meter_id, period_start, period_end, value, event_count, updated_at)
    select c.env, c.customer_id, c.meter_id, c.period_start, max(c.period_end), sum(c.counted), count(*), at
    from counted c
    group by c.env, c.customer_id, c.meter_id, c.period_start
    order by c.env, c.customer_id, c.meter_id, c.period_start
    on conflict on constraint usage_records_pkey do update
    set value = usage_records.value + excluded.value,
        event_count = usage_records.event_count + excluded.event_count,
        version = usage_records.version + 1,
        updated_at = excluded.updated_at
    returning environment_id, customer_id, meter_id, period_start, value, version
  ), forwards as (
    insert into public.usage_forwards (environment_id, id, customer_id, meter_id, bucket, quantity, state, due_at)
    select c.env, min(c.forward_id), c.customer_id, c.meter_id, b.bucket, sum(c.counted), 'open',
           b.bucket + make_interval(secs => forward_seconds)
    from counted c
    -- By event time, so that Stripe counts the use in the period it happened in: a bucket that began before the period
    -- begins with it. Due by arrival.
    cross join lateral (
      select greatest(
        c.period_start, date_bin(make_interval(secs => forward_seconds), c.occurred, 'epoch'::timestamptz))
    ) b (bucket)
    where c.is_forwarded
    group by c.env, c.customer_id, c.meter_id, b.bucket
    order by c.env, c.customer_id, c.meter_id, b.bucket
    on conflict (environment_id, customer_id, meter_id, bucket) where state = 'open' do update
    set quantity = usage_forwards.quantity + excluded.quantity
  )
  select c.pos::int, 'accepted', c.event_id, c.env, c.customer_id, c.cache_key, c.meter_id, t.period_start, t.value,
         t.version, c.late
  from counted c
  left join totals t
    on t.environment_id = c.env and t.customer_id = c.customer_id and t.meter_id = c.meter_id
    and t.period_start = c.period_start;

  get diagnostics usual = row_count;
  if usual < cardinality(keys) then
    select array_agg(i.pos order by i.pos) into rest
    from unnest(environment_ids, keys, event_ids) with ordinality as i (env, key, event_id, pos)
    left join public.usage_keys k on k.environment_id = i.env and k.key = i.key
    where k.event_id is distinct from i.event_id;
    return query
    select rest[r."position"], r.outcome, r.event_id, r.environment_id, r.customer_id, r.cache_key, r.meter_id,
           r.period_start, r.used, r.usage_version, r.late
    from (
      select array_agg(i.env order by i.pos) as env, array_agg(i.key order by i.pos) as key,
             array_agg(i.fingerprint order by i.pos) as fingerprint, array_agg(i.event_id order by i.pos) as event_id,
             array_agg(i.ref order by i.pos) as ref, array_agg(i.new_customer_id order by i.pos) as new_customer_id,
             array_agg(i.meter order by i.pos) as meter, array_agg(i.quantity order by i.pos) as quantity,
             array_agg(i.occurred order by i.pos) as occurred, array_agg(i.props order by i.pos) as props,
             array_agg(i.forward_id order by i.pos) as forward_id
      from unnest(environment_ids, keys, fingerprints, event_ids, customer_refs, new_customer_ids, meter_keys, quantities,
                  occurred_at, properties, forward_ids)
        with ordinality as i (env, key, fingerprint, event_id, ref, new_customer_id, meter, quantity, occurred, props,
                              forward_id, pos)
      where i.pos = any (rest)
    ) s,
    app.record_unusual_usage(s.env, s.key, s.fingerprint, s.event_id, s.ref, s.new_customer_id, s.meter, s.quantity,
                             s.occurred, s.props, s.forward_id, forward_seconds, at) r;
  end if;
end $$;

revoke execute on all functions in schema app from public;
