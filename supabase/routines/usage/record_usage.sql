-- Records events of any number of environments in one statement: deduplicates, resolves customers and meters, stores the
-- events, adds them to their totals and to what Stripe is to be told. What is not usual (an unknown customer, a key that
-- came before, a customer with credits, a meter that is not plain) is handed on to app.record_unusual_usage.
--
-- A target is a customer's meter: they are looked up once, however many events are theirs. `targets` says which is each
-- event's, from 1. `occurred_at` and `properties` are null when no event has any: then all occurred now. What a call costs
-- whatever is in it weighs most: what most calls need not do, stands apart from what all do.
--
-- Rows come of two kinds, in any order. With a "position" (from 1): the answer to an event, its `outcome` one of accepted,
-- duplicate (counted before), conflict (the key came with another body), no_meter, no_customer. Without: a total, and how many
-- events, of which nothing else is to be said than that they were accepted, are `recorded` in it.
create or replace function app.record_usage(
  target_environments text[], target_customers text[], target_meters text[],
  targets int[], keys text[], fingerprints bytea[], event_ids text[], quantities numeric[], occurred_at timestamptz[],
  properties jsonb[], forward_seconds int, at timestamptz
) returns table (
  "position" int, outcome text, event_id text, environment_id text, cache_key text, meter_id text,
  period_start timestamptz, used numeric, usage_version bigint, late boolean, recorded bigint
)
-- Plans are kept for the life of a connection: one made while a table was small must not scan it when it has grown. And
-- nobody tells the planner how many events there are: it must not compare each with each, nor plan anew for each number.
-- What is looked up by an index is therefore a lateral subquery with a limit, which leaves it no other way.
language plpgsql security definer set search_path = '' set enable_seqscan = off set enable_nestloop = off
  set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  -- Of targets.
  t_env text[] := target_environments;
  t_customer text[]; t_cache_key text[]; t_meter text[]; t_counts boolean[]; t_forwarded boolean[];
  t_start timestamptz[]; t_end timestamptz[]; t_late boolean[];
  elsewhere record;
  -- Of events: the target of each in its period; whether it is counted, when not all are; those that are not.
  target_of int[] := targets;
  counts boolean[];
  rest int[];
  fresh bigint;
begin
  with measured as materialized (
    select d.env, d.meter, m.id, m.aggregation = 'count' as counts_events, m.stripe_meter_id is not null as is_linked,
           f.ids as features
    from (select distinct i.env, i.meter from unnest(target_environments, target_meters) i (env, meter)) d
    cross join lateral (
      select m.id, m.aggregation, m.stripe_meter_id from public.meters m
      where m.environment_id = d.env and m.key = d.meter and m.is_plain limit 1
    ) m
    cross join lateral (
      select array_agg(f.id) as ids from public.features f where f.environment_id = d.env and f.meter_id = m.id
    ) f
  )
  select array_agg(c.id order by t.pos), array_agg(c.cache_key order by t.pos), array_agg(m.id order by t.pos),
         array_agg(m.counts_events order by t.pos), array_agg(m.is_linked and c.is_linked order by t.pos),
         -- As app.usage_period, which looks for the meter's features each time.
         array_agg(coalesce(p.period_start, month.starts) order by t.pos),
         array_agg(coalesce(p.period_end, month.ends) order by t.pos)
  into t_customer, t_cache_key, t_meter, t_counts, t_forwarded, t_start, t_end
  from (
    select date_trunc('month', at, 'UTC') as starts,
           (date_trunc('month', at at time zone 'UTC') + interval '1 month') at time zone 'UTC' as ends
    offset 0
  ) month
  cross join unnest(target_environments, target_customers, target_meters) with ordinality as t (env, ref, meter, pos)
  left join measured m on m.env = t.env and m.meter = t.meter
  left join lateral (
    (select c.id, coalesce(c.external_id, c.id) as cache_key, c.stripe_customer_id is not null as is_linked
     from public.customers c
     where starts_with(t.ref, 'cus_') and c.environment_id = t.env and c.id = t.ref and not c.has_credits limit 1)
    union all
    (select c.id, c.external_id, c.stripe_customer_id is not null
     from public.customers c
     where c.environment_id = t.env and c.external_id = t.ref and not c.has_credits limit 1)
    limit 1
  ) c on true
  left join lateral (
    select e.billing_anchor, e.interval, e.interval_count from public.entitlements e
    where e.environment_id = t.env and e.customer_id = c.id and e.feature_id = any (m.features)
    order by e.granted_at, e.id
    limit 1
  ) g on true
  left join lateral app.period_around(g.billing_anchor, g.interval, g.interval_count, at) p
    on g.billing_anchor is not null;

  if occurred_at is not null and exists (
    select from unnest(targets, occurred_at) as i (target, occurred)
    where i.occurred < t_start[i.target] or i.occurred >= t_end[i.target]
  ) then
    -- What occurred in another period than the current one is a target of its own.
    select array_agg(i.pos order by i.pos) as positions, array_agg(i.target order by i.pos) as targets,
           -- A period that is closed is billed: what comes for it later counts in the one that is open.
           array_agg(case when c.is_closed then t_start[i.target] else u.period_start end order by i.pos) as starts,
           array_agg(case when c.is_closed then t_end[i.target] else u.period_end end order by i.pos) as ends,
           array_agg(c.is_closed order by i.pos) as late
    into elsewhere
    from unnest(targets, occurred_at) with ordinality as i (target, occurred, pos)
    cross join lateral (
      select make_interval(mins => e.usage_grace_minutes) as grace
      from public.environments e where e.id = t_env[i.target] limit 1
    ) g
    cross join lateral app.usage_period(t_env[i.target], t_customer[i.target], t_meter[i.target], i.occurred) u
    cross join lateral (
      select u.period_end + g.grace <= at
        and not app.is_of_trial(t_env[i.target], t_customer[i.target], t_meter[i.target], i.occurred) as is_closed
    ) c
    where t_customer[i.target] is not null and t_meter[i.target] is not null
      and (i.occurred < t_start[i.target] or i.occurred >= t_end[i.target]);

    if elsewhere.positions is not null then
      fresh := cardinality(t_env);
      select array_agg(coalesce(fresh + e.number, i.target)::int order by i.pos) into target_of
      from unnest(targets) with ordinality as i (target, pos)
      left join unnest(elsewhere.positions) with ordinality as e (pos, number) on e.pos = i.pos;
      t_late := array_fill(false, array[fresh::int]) || elsewhere.late;
      t_start := t_start || elsewhere.starts;
      t_end := t_end || elsewhere.ends;
      select t_env || array_agg(t_env[i.target] order by i.pos), t_customer || array_agg(t_customer[i.target] order by i.pos),
             t_cache_key || array_agg(t_cache_key[i.target] order by i.pos),
             t_meter || array_agg(t_meter[i.target] order by i.pos),
             t_counts || array_agg(t_counts[i.target] order by i.pos),
             t_forwarded || array_agg(t_forwarded[i.target] order by i.pos)
      into t_env, t_customer, t_cache_key, t_meter, t_counts, t_forwarded
      from unnest(elsewhere.targets) with ordinality as i (target, pos);
    end if;
  end if;

  -- In this order, so that calls that hold the same keys wait for each other and not in a circle.
  insert into public.usage_keys (environment_id, key, fingerprint, event_id, received_at)
  select i.env, i.key, i.fingerprint, i.event_id, at
  from (
    select t_env[i.target] as env, i.key, i.fingerprint, i.event_id, i.pos
    from unnest(target_of, keys, fingerprints, event_ids) with ordinality as i (target, key, fingerprint, event_id, pos)
    where t_customer[i.target] is not null and t_meter[i.target] is not null
  ) i
  order by i.env, i.key, i.pos
  on conflict on constraint usage_keys_pkey do nothing;
  get diagnostics fresh = row_count;

  if fresh < cardinality(keys) then
    select array_agg(k.event_id is not distinct from i.event_id order by i.pos),
           array_agg(i.pos order by i.pos) filter (where k.event_id is distinct from i.event_id)
    into counts, rest
    from unnest(targets, keys, event_ids) with ordinality as i (target, key, event_id, pos)
    left join lateral (
      select u.event_id from public.usage_keys u
      where u.environment_id = target_environments[i.target] and u.key = i.key limit 1
    ) k on true;
  end if;

  if fresh > 0 then
    insert into public.usage_events
      (environment_id, id, idempotency_key, customer_id, meter_id, value, properties, occurred_at, received_at, period_start,
       late)
    select t_env[i.target], i.event_id, i.key, t_customer[i.target], t_meter[i.target], i.quantity, i.props,
           coalesce(i.occurred, at), at, t_start[i.target], coalesce(t_late[i.target], false)
    from unnest(target_of, keys, event_ids, quantities, occurred_at, properties) with ordinality
      as i (target, key, event_id, quantity, occurred, props, pos)
    where counts is null or counts[i.pos];

    return query
    with counted as materialized (
      select t_env[i.target] as env, t_customer[i.target] as customer, t_meter[i.target] as meter,
             t_start[i.target] as period_start, max(t_end[i.target]) as period_end,
             max(t_cache_key[i.target]) as cache_key, count(*) as events,
             sum(case when t_counts[i.target] then 1 else i.quantity end) as quantity,
             count(*) filter (where t_late[i.target]) as late
      from unnest(target_of, quantities) with ordinality as i (target, quantity, pos)
      where counts is null or counts[i.pos]
      group by 1, 2, 3, 4
    ), totals as (
      insert into public.usage_records
        (environment_id, customer_id, meter_id, period_start, period_end, value, event_count, updated_at)
      select c.env, c.customer, c.meter, c.period_start, c.period_end, c.quantity, c.events, at
      from counted c
      order by c.env, c.customer, c.meter, c.period_start
      on conflict on constraint usage_records_pkey do update
      set value = usage_records.value + excluded.value,
          event_count = usage_records.event_count + excluded.event_count,
          version = usage_records.version + 1,
          updated_at = excluded.updated_at
      returning environment_id, customer_id, meter_id, period_start, value, version
    )
    select null::int, null::text, null::text, c.env, c.cache_key, c.meter, c.period_start, t.value, t.version, false,
           c.events - c.late
    from counted c
    join totals t
      on t.environment_id = c.env and t.customer_id = c.customer and t.meter_id = c.meter
      and t.period_start = c.period_start;

    if true = any (t_forwarded) then
      insert into public.usage_forwards (environment_id, id, customer_id, meter_id, bucket, quantity, state, due_at)
      select f.env, min('fwd_' || substr(f.event_id, 5)), f.customer, f.meter, f.bucket, sum(f.quantity), 'open',
             f.bucket + make_interval(secs => forward_seconds)
      from (
        select t_env[i.target] as env, t_customer[i.target] as customer, t_meter[i.target] as meter, i.event_id,
               case when t_counts[i.target] then 1 else i.quantity end as quantity,
               -- By event time, so that Stripe counts the use in the period it happened in: a bucket that began before
               -- the period begins with it. Due by arrival.
               greatest(
                 t_start[i.target],
                 date_bin(make_interval(secs => forward_seconds), coalesce(i.occurred, at), 'epoch'::timestamptz)
               ) as bucket
        from unnest(target_of, event_ids, quantities, occurred_at) with ordinality
          as i (target, event_id, quantity, occurred, pos)
        where t_forwarded[i.target] and (counts is null or counts[i.pos])
      ) f
      group by f.env, f.customer, f.meter, f.bucket
      order by f.env, f.customer, f.meter, f.bucket
      on conflict (environment_id, customer_id, meter_id, bucket) where state = 'open' do update
      set quantity = usage_forwards.quantity + excluded.quantity;
    end if;

    if true = any (t_late) then
      return query
      select i.pos::int, 'accepted', i.event_id, null::text, null::text, null::text, null::timestamptz, null::numeric,
             null::bigint, true, null::bigint
      from unnest(target_of, event_ids) with ordinality as i (target, event_id, pos)
      where t_late[i.target] and (counts is null or counts[i.pos]);
    end if;
  end if;

  if rest is not null then
    return query
    select rest[r."position"], r.outcome, r.event_id, r.environment_id, r.cache_key, r.meter_id, r.period_start, r.used,
           r.usage_version, r.late, null::bigint
    from (
      select array_agg(target_environments[targets[i.pos]] order by i.n) as env, array_agg(keys[i.pos] order by i.n) as key,
             array_agg(fingerprints[i.pos] order by i.n) as fingerprint,
             array_agg(event_ids[i.pos] order by i.n) as event_id,
             array_agg(target_customers[targets[i.pos]] order by i.n) as ref,
             array_agg('cus_' || substr(event_ids[i.pos], 5) order by i.n) as new_customer_id,
             array_agg(target_meters[targets[i.pos]] order by i.n) as meter,
             array_agg(quantities[i.pos] order by i.n) as quantity,
             array_agg(coalesce(occurred_at[i.pos], at) order by i.n) as occurred,
             array_agg(properties[i.pos] order by i.n) as props,
             array_agg('fwd_' || substr(event_ids[i.pos], 5) order by i.n) as forward_id
      from unnest(rest) with ordinality as i (pos, n)
    ) s,
    app.record_unusual_usage(s.env, s.key, s.fingerprint, s.event_id, s.ref, s.new_customer_id, s.meter, s.quantity,
                             s.occurred, s.props, s.forward_id, forward_seconds, at) r;
  end if;
end $$;

revoke execute on function app.record_usage from public;
grant execute on function app.record_usage to billingos_api;
