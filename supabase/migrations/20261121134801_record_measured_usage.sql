-- Recording leaves to a function of its own what cannot be added up blindly; a batch without such events costs what it did.

set local lock_timeout = '5s';

-- As before; what belongs to a meter that is not plain is recorded after the rest, by app.record_measured_usage.
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
  c_id text[]; c_key text[]; c_linked boolean[]; m_id text[]; m_count boolean[]; m_linked boolean[]; m_plain boolean[];
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
             m.is_plain,
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
           array_agg(k.is_plain order by i.pos),
           -- A period that is closed is billed: what comes for it later counts in the one that is open.
           array_agg(case when other.period_end + k.grace > at then other.period_start else k.period_start end order by i.pos),
           array_agg(case when other.period_end + k.grace > at then other.period_end else k.period_end end order by i.pos),
           array_agg(coalesce(other.period_end + k.grace <= at, false) order by i.pos),
           coalesce(bool_or(k.customer is null and k.meter_id is not null and k.ref !~ '^cus_[0-9a-f]{32}$'), false),
           count(*) filter (where k.customer is not null and k.meter_id is not null), coalesce(bool_or(k.has_credits), false)
    into c_id, c_key, c_linked, m_id, m_count, m_linked, m_plain, p_start, p_end, p_late, strangers, fit, with_credits
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
                c_id, c_key, c_linked, m_id, m_count, m_linked, m_plain, p_start, p_end, p_late, first_event, stored)
      with ordinality as i (env, key, fingerprint, event_id, quantity, occurred, props, forward_id,
                            customer, cache_key, customer_linked, meter, counts_events, meter_linked,
                            is_plain, period_start, period_end, late, first_event, stored, pos)
    -- What is not to be added up blindly follows.
    where i.is_plain is not false or i.customer is null or i.first_event is distinct from i.event_id
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

  if false = any (m_plain) then
    return query
    select r."position", 'accepted', event_ids[r."position"], environment_ids[r."position"], c_id[r."position"],
           c_key[r."position"], m_id[r."position"], case when r.used is not null then p_start[r."position"] end, r.used,
           r.usage_version, p_late[r."position"]
    from app.record_measured_usage(
      environment_ids, keys, event_ids, quantities, occurred_at, properties, forward_ids, c_id, m_id, p_start, p_end,
      p_late,
      (select array_agg(l.customer and l.meter order by l.pos)
       from unnest(c_linked, m_linked) with ordinality as l (customer, meter, pos)),
      (select array_agg(not n.is_plain and n.customer is not null and n.first_event = n.event_id order by n.pos)
       from unnest(m_plain, c_id, first_event, event_ids)
         with ordinality as n (is_plain, customer, first_event, event_id, pos)),
      forward_seconds, at) r;
  end if;
  if used_before is not null then
    perform app.charge_credits(used_before, at);
  end if;
end $$;

-- As before; what belongs to a meter that is not plain is handed on, too.
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

-- What is due for Stripe's meters. Freezes what it takes: whole units only, since Stripe takes no fractions. What is left
-- over of a customer's buckets is gathered in one a day, and carried on to the last day of the period, so that the sum
-- over a period is exact to the unit. `rest_ids` has two for each of the `max_rows`. An absolute value is told also when
-- it is 0: it may have been more before.
create or replace function app.claim_usage_forwards(at timestamptz, lease interval, max_rows int, rest_ids text[])
returns table (
  environment_id text, id text, stripe_customer_id text, meter_key text, bucket timestamptz, quantity numeric,
  first_attempt_at timestamptz
)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  with loose as (
    select f.environment_id, f.id, f.customer_id, f.meter_id, f.quantity, carry.bucket,
           row_number() over (order by f.due_at, f.id) as row
    from (
      select * from public.usage_forwards f
      where f.state = 'open' and f.due_at <= at and f.quantity <> trunc(f.quantity)
      order by f.due_at limit max_rows for update skip locked
    ) f
    cross join lateral app.usage_period(f.environment_id, f.customer_id, f.meter_id, f.bucket) p
    cross join lateral (
      select greatest(
        p.period_start, date_trunc('day', least(at, p.period_end - interval '1 microsecond'), 'UTC'))
    ) carry (bucket)
    where carry.bucket <> f.bucket
  ), kept as (
    update public.usage_forwards f set quantity = trunc(f.quantity)
    from loose l
    where f.environment_id = l.environment_id and f.id = l.id and l.quantity >= 1
  ), gone as (
    delete from public.usage_forwards f using loose l
    where f.environment_id = l.environment_id and f.id = l.id and l.quantity < 1
  )
  insert into public.usage_forwards (environment_id, id, customer_id, meter_id, bucket, quantity, state, due_at)
  select l.environment_id, min(rest_ids[max_rows + l.row]), l.customer_id, l.meter_id, l.bucket,
         sum(l.quantity - trunc(l.quantity)), 'open', at
  from loose l
  group by l.environment_id, l.customer_id, l.meter_id, l.bucket
  order by l.environment_id, l.customer_id, l.meter_id, l.bucket
  on conflict (environment_id, customer_id, meter_id, bucket) where state = 'open' do update
  set quantity = usage_forwards.quantity + excluded.quantity, due_at = least(usage_forwards.due_at, excluded.due_at);

  return query
  with due as (
    select f.environment_id, f.id, f.customer_id, f.meter_id, f.bucket, f.quantity, f.state,
           trunc(f.quantity) > 0 or f.absolute as is_tellable, row_number() over (order by f.due_at, f.id) as row
    from (
      select * from public.usage_forwards f
      where f.state in ('open', 'sending') and f.due_at <= at
      order by f.due_at limit max_rows for update skip locked
    ) f
  ), frozen as (
    update public.usage_forwards f
    set state = case when due.is_tellable then 'sending' else 'open' end,
        quantity = case when due.is_tellable then trunc(f.quantity) else f.quantity end,
        due_at = case when due.is_tellable then at + lease else at + interval '1 hour' end,
        attempts = f.attempts + case when due.is_tellable then 1 else 0 end,
        first_attempt_at = coalesce(f.first_attempt_at, case when due.is_tellable then at end)
    from due
    where f.environment_id = due.environment_id and f.id = due.id
    returning f.environment_id, f.id, f.customer_id, f.meter_id, f.bucket, f.quantity, f.first_attempt_at, f.state
  ), rest as (
    insert into public.usage_forwards (environment_id, id, customer_id, meter_id, bucket, quantity, state, due_at)
    select d.environment_id, rest_ids[d.row], d.customer_id, d.meter_id, d.bucket, d.quantity - trunc(d.quantity), 'open',
           at + interval '1 minute'
    from due d
    where d.state = 'open' and trunc(d.quantity) > 0 and d.quantity <> trunc(d.quantity)
    on conflict (environment_id, customer_id, meter_id, bucket) where state = 'open' do update
    set quantity = usage_forwards.quantity + excluded.quantity
  )
  select z.environment_id, z.id, c.stripe_customer_id, m.key, z.bucket, z.quantity, z.first_attempt_at
  from frozen z
  join public.customers c on c.environment_id = z.environment_id and c.id = z.customer_id
  join public.meters m on m.environment_id = z.environment_id and m.id = z.meter_id
  where z.state = 'sending';
end $$;
