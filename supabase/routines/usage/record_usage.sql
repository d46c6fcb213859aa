-- Records events of any number of environments in one statement: deduplicates, resolves customers and meters, stores the
-- events, adds them to their totals and to what Stripe is to be told. What is not usual (an unknown customer, a key that
-- came before, a customer with credits) is handed on to app.record_unusual_usage, what belongs to a meter that is not
-- plain to app.record_measured_usage. All arrays have the same length; "position" counts from 1, in the order given; the
-- rows come in any.
--   accepted   counted now
--   duplicate  the same key came before with the same body: event_id is the first one's
--   conflict   the same key came before with another body: nothing written
--   no_meter / no_customer   nothing written
-- Rows are locked in the order of their keys, so that concurrent calls wait for each other and never deadlock.
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
      where m.environment_id = d.env and m.key = d.meter and m.is_plain limit 1
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

revoke execute on function app.record_usage from public;
grant execute on function app.record_usage to billingos_api;
