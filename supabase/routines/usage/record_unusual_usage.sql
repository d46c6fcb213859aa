-- Records events step by step, also of strangers, repeated ones and those that cannot be counted, and burns credits for
-- what goes beyond a limit. Part of app.record_usage, with its rights.
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
             u.period_start, u.period_end, make_interval(mins => e.usage_grace_minutes) as grace,
             e.usage_creates_customers as creates
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
           array_agg(case when not other.is_closed then other.period_start else k.period_start end order by i.pos),
           array_agg(case when not other.is_closed then other.period_end else k.period_end end order by i.pos),
           array_agg(coalesce(other.is_closed, false) order by i.pos),
           coalesce(bool_or(
             k.creates and k.customer is null and k.meter_id is not null and k.ref !~ '^cus_[0-9a-f]{32}$'), false),
           count(*) filter (where k.customer is not null and k.meter_id is not null), coalesce(bool_or(k.has_credits), false)
    into c_id, c_key, c_linked, m_id, m_count, m_linked, m_plain, p_start, p_end, p_late, strangers, fit, with_credits
    from unnest(environment_ids, customer_refs, meter_keys, occurred_at)
      with ordinality as i (env, ref, meter, occurred, pos)
    join known k on k.env = i.env and k.ref = i.ref and k.meter = i.meter
    left join lateral (
      select u.period_start, u.period_end,
             u.period_end + k.grace <= at and not app.is_of_trial(i.env, k.customer, k.meter_id, i.occurred) as is_closed
      from (select 1 where i.occurred < k.period_start or i.occurred >= k.period_end offset 0) elsewhere,
        app.usage_period(i.env, k.customer, k.meter_id, i.occurred) u
    ) other on true;
    exit when tried or not strangers;

    -- Customers never seen before are created when their first event arrives, unless the merchant does not want that.
    insert into public.customers (environment_id, id, external_id, created_at, updated_at)
    select distinct on (i.env, i.ref) i.env, i.new_id, i.ref, at, at
    from unnest(environment_ids, customer_refs, new_customer_ids, c_id, m_id) as i (env, ref, new_id, customer, meter)
    join public.environments e on e.id = i.env and e.usage_creates_customers
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
    select i.*,
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

  if true = any (c_linked) and true = any (m_linked) then
    perform app.forward_usage(
      environment_ids, c_id, m_id, p_start, forward_ids,
      (select array_agg(case when i.customer and i.meter and i.is_plain and i.first_event = i.event_id
                          then case when i.counts_events then 1 else i.quantity end
                        end order by i.pos)
       from unnest(c_linked, m_linked, m_plain, m_count, first_event, event_ids, quantities)
         with ordinality as i (customer, meter, is_plain, counts_events, first_event, event_id, quantity, pos)),
      occurred_at, forward_seconds);
  end if;

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

revoke execute on function app.record_unusual_usage from public;
