-- Periods close, corrections are events of their own kind, what was refused can be looked up, totals can be rebuilt from
-- the events, and old months are dropped once their totals are frozen.

set local lock_timeout = '5s';

alter table environments add column usage_grace_minutes int not null default 60
  check (usage_grace_minutes between 0 and 10080);
comment on column environments.usage_grace_minutes is 'How long after its end a usage period still takes events of its time.';

alter table usage_events
  add column kind text not null default 'usage' check (kind in ('usage', 'correction')),
  add column late boolean not null default false,
  add column reason text,
  drop constraint usage_events_value_check,
  add constraint usage_events_value_check check (value >= 0 or kind = 'correction'),
  add constraint usage_events_reason_check check ((kind = 'correction') = (reason is not null));
comment on column usage_events.late is 'It came for a period that was closed, and counts in the one that was open.';
create index usage_events_noteworthy on usage_events (environment_id, id) where late or kind = 'correction';

alter table usage_records add column frozen_at timestamptz;
comment on column usage_records.frozen_at is 'Since when the events it is the sum of may be gone: it is not rebuilt any more.';

create table usage_rejections (
  environment_id text not null references environments (id),
  id text not null,
  idempotency_key text,
  customer text,
  meter text,
  value numeric,
  code text not null,
  reason text not null,
  received_at timestamptz not null,
  primary key (environment_id, id)
);
comment on table usage_rejections is 'The newest events that did not count, and why. For people to look at: not every one is kept.';
alter table usage_rejections enable row level security;
alter table usage_rejections force row level security;
create policy tenant on usage_rejections to billingos_api
  using (environment_id = (select app.environment_id()))
  with check (environment_id = (select app.environment_id()));
grant select on usage_rejections to billingos_api;

-- Keeps what was refused, and of each environment the newest `keep` only.
create function app.note_rejected_usage(
  environment_ids text[], ids text[], keys text[], customers text[], meters text[], quantities numeric[], codes text[],
  reasons text[], keep int, at timestamptz
) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.usage_rejections
    (environment_id, id, idempotency_key, customer, meter, value, code, reason, received_at)
  select i.*, at
  from unnest(environment_ids, ids, keys, customers, meters, quantities, codes, reasons) i;
  delete from public.usage_rejections r
  using (select distinct e.id as env from unnest(environment_ids) e (id)) touched
  cross join lateral (
    select o.id from public.usage_rejections o
    where o.environment_id = touched.env order by o.id desc offset keep limit 1
  ) oldest
  where r.environment_id = touched.env and r.id <= oldest.id;
end $$;

drop function app.record_usage(text[], text[], bytea[], text[], text[], text[], text[], numeric[], timestamptz[], jsonb[], text[], int, timestamptz);

-- As before; and what comes for a closed period counts in the open one, and says so.
create function app.record_usage(
  environment_ids text[], keys text[], fingerprints bytea[], event_ids text[], customer_refs text[],
  new_customer_ids text[], meter_keys text[], quantities numeric[], occurred_at timestamptz[], properties jsonb[],
  forward_ids text[], forward_seconds int, at timestamptz
) returns table (
  "position" int, outcome text, event_id text, environment_id text, customer_id text, cache_key text, meter_id text,
  period_start timestamptz, used numeric, usage_version bigint, late boolean
)
-- Plans are kept for the life of a connection: one made while a table was small must not scan it when it has grown.
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  c_id text[]; c_key text[]; c_linked boolean[]; m_id text[]; m_count boolean[]; m_linked boolean[];
  p_start timestamptz[]; p_end timestamptz[]; p_late boolean[];
  strangers boolean; tried boolean := false;
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
             u.period_start, u.period_end, make_interval(mins => e.usage_grace_minutes) as grace
      from asked a
      join public.environments e on e.id = a.env
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
           count(*) filter (where k.customer is not null and k.meter_id is not null)
    into c_id, c_key, c_linked, m_id, m_count, m_linked, p_start, p_end, p_late, strangers, fit
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
end $$;


-- Adds a signed quantity to a total, for what was reported wrongly. outcome: accepted, duplicate, conflict, no_meter,
-- no_customer, below_zero. What Stripe was told already is not taken back there: the forward says by how much it is off.
create function app.correct_usage(
  for_environment text, event_key text, event_fingerprint bytea, new_event_id text, reference text, for_meter text,
  quantity numeric, why text, occurred timestamptz, new_forward_id text, forward_seconds int, at timestamptz
) returns table (
  outcome text, event_id text, customer_id text, cache_key text, meter_id text, period_start timestamptz, used numeric,
  usage_version bigint, late boolean
)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  customer public.customers;
  meter public.meters;
  period record;
  open_period record;
  grace interval;
  earlier public.usage_keys;
  total public.usage_records;
  is_late boolean;
  bucket_at timestamptz;
  rest numeric;
  waiting record;
begin
  select * into meter from public.meters m where m.environment_id = for_environment and m.key = for_meter;
  select * into customer from public.customers c
  where c.environment_id = for_environment and (c.external_id = reference or c.id = reference)
  order by (c.id = reference) desc limit 1;
  if meter.id is null or customer.id is null then
    return query select case when meter.id is null then 'no_meter' else 'no_customer' end, null::text, null::text,
      null::text, null::text, null::timestamptz, null::numeric, null::bigint, false;
    return;
  end if;

  insert into public.usage_keys (environment_id, key, fingerprint, event_id, received_at)
  values (for_environment, event_key, event_fingerprint, new_event_id, at)
  on conflict on constraint usage_keys_pkey do nothing;
  select * into earlier from public.usage_keys k where k.environment_id = for_environment and k.key = event_key;
  if earlier.event_id <> new_event_id then
    return query select case when earlier.fingerprint = event_fingerprint then 'duplicate' else 'conflict' end,
      earlier.event_id, customer.id, null::text, meter.id, null::timestamptz, null::numeric, null::bigint, false;
    return;
  end if;

  select make_interval(mins => e.usage_grace_minutes) into grace
  from public.environments e where e.id = for_environment;
  select * into period from app.usage_period(for_environment, customer.id, meter.id, occurred);
  select * into open_period from app.usage_period(for_environment, customer.id, meter.id, at);
  is_late := period.period_end + grace <= at;
  if is_late then
    period := open_period;
  end if;

  insert into public.usage_records
    (environment_id, customer_id, meter_id, period_start, period_end, value, event_count, updated_at)
  values (for_environment, customer.id, meter.id, period.period_start, period.period_end, quantity, 1, at)
  on conflict on constraint usage_records_pkey do update
  set value = usage_records.value + excluded.value, event_count = usage_records.event_count + 1,
      version = usage_records.version + 1, updated_at = excluded.updated_at
  returning * into total;
  if total.value < 0 then
    -- Raised, so that nothing of it is kept.
    raise exception 'usage below zero' using errcode = '23514', constraint = 'usage_below_zero';
  end if;
  insert into public.usage_events
    (environment_id, id, idempotency_key, customer_id, meter_id, value, occurred_at, received_at, period_start, kind, late,
     reason)
  values (for_environment, new_event_id, event_key, customer.id, meter.id, quantity, occurred, at, period.period_start,
          'correction', is_late, why);

  if customer.stripe_customer_id is not null and meter.stripe_meter_id is not null then
    bucket_at := greatest(
      period.period_start, date_bin(make_interval(secs => forward_seconds), occurred, 'epoch'::timestamptz));
    if quantity > 0 then
      insert into public.usage_forwards (environment_id, id, customer_id, meter_id, bucket, quantity, state, due_at)
      values (for_environment, new_forward_id, customer.id, meter.id, bucket_at, quantity, 'open',
              bucket_at + make_interval(secs => forward_seconds))
      on conflict (environment_id, customer_id, meter_id, bucket) where state = 'open' do update
      set quantity = usage_forwards.quantity + excluded.quantity;
    else
      -- From what Stripe was not told yet, the newest first.
      rest := -quantity;
      for waiting in
        select f.id, f.quantity from public.usage_forwards f
        where f.environment_id = for_environment and f.customer_id = customer.id and f.meter_id = meter.id
          and f.state = 'open' and f.bucket >= period.period_start
        order by f.bucket desc for update
      loop
        update public.usage_forwards f set quantity = f.quantity - least(rest, waiting.quantity)
        where f.environment_id = for_environment and f.id = waiting.id;
        rest := rest - least(rest, waiting.quantity);
        exit when rest = 0;
      end loop;
      if rest > 0 then
        insert into public.usage_forwards
          (environment_id, id, customer_id, meter_id, bucket, quantity, state, due_at, error)
        values (for_environment, new_forward_id, customer.id, meter.id, bucket_at, rest, 'needs_reconcile', at,
                'A correction came after Stripe was told: this much is to be taken off there.');
      end if;
    end if;
  end if;
  return query select 'accepted', new_event_id, customer.id, coalesce(customer.external_id, customer.id), meter.id,
    period.period_start, total.value, total.version, is_late;
end $$;

-- Makes the totals of an environment what its events add up to, those that are frozen left out. Returns how many were
-- not. Nothing is recorded meanwhile.
create function app.rebuild_usage(for_environment text, at timestamptz)
returns table (customer_id text, meter_id text, period_start timestamptz, value_before numeric, value_after numeric)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  lock table public.usage_records in exclusive mode;
  return query
  with rebuilt as (
    select e.customer_id, e.meter_id, e.period_start, count(*) as event_count,
           sum(case when e.kind = 'usage' and m.aggregation = 'count' then 1 else e.value end) as value
    from public.usage_events e
    join public.meters m on m.environment_id = e.environment_id and m.id = e.meter_id
    where e.environment_id = for_environment
    group by e.customer_id, e.meter_id, e.period_start
  ), wrong as (
    select coalesce(b.customer_id, r.customer_id) as customer_id, coalesce(b.meter_id, r.meter_id) as meter_id,
           coalesce(b.period_start, r.period_start) as period_start, r.value as value_before,
           coalesce(b.value, 0) as value_after, coalesce(b.event_count, 0) as event_count
    from rebuilt b
    full join (select * from public.usage_records t where t.environment_id = for_environment) r
      on r.customer_id = b.customer_id and r.meter_id = b.meter_id and r.period_start = b.period_start
    where r.frozen_at is null
      and (r.value is distinct from coalesce(b.value, 0) or r.event_count is distinct from coalesce(b.event_count, 0))
  ), mended as (
    insert into public.usage_records
      (environment_id, customer_id, meter_id, period_start, period_end, value, event_count, updated_at)
    select for_environment, w.customer_id, w.meter_id, w.period_start, p.period_end, w.value_after, w.event_count, at
    from wrong w
    cross join lateral app.usage_period(for_environment, w.customer_id, w.meter_id, w.period_start) p
    on conflict on constraint usage_records_pkey do update
    set value = excluded.value, event_count = excluded.event_count, version = usage_records.version + 1,
        updated_at = excluded.updated_at
  )
  select w.customer_id, w.meter_id, w.period_start, w.value_before, w.value_after from wrong w
  order by 1, 2, 3;
end $$;

create function app.environments_with_usage() returns setof text
language sql stable security definer set search_path = ''
as $$
  select e.id from public.environments e
  where exists (select from public.usage_records r where r.environment_id = e.id)
  order by e.id
$$;

-- Drops the months of events that ended before `before`, as long as every total they are part of belongs to a period
-- that had ended by then; freezes those totals first. And forgets keys that no repetition can come for any more.
create function app.drop_old_usage(before timestamptz, keys_before timestamptz, at timestamptz)
returns setof text
language plpgsql security definer set search_path = ''
as $$
declare
  partition record;
  is_open boolean;
begin
  for partition in
    select c.oid::regclass as name, c.relname,
           to_timestamp(right(c.relname, 7) || '+00', 'YYYY_MM+TZH') + interval '1 month' as ends
    from pg_catalog.pg_inherits i
    join pg_catalog.pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'public.usage_events'::regclass
    order by c.relname
  loop
    exit when partition.ends > before;
    execute format(
      'select exists (
         select from (select distinct environment_id, customer_id, meter_id, period_start from %s) e
         join public.usage_records r using (environment_id, customer_id, meter_id, period_start)
         where r.period_end > $1)', partition.name)
    into is_open using before;
    exit when is_open;
    execute format(
      'update public.usage_records r set frozen_at = $1
       from (select distinct environment_id, customer_id, meter_id, period_start from %s) e
       where r.environment_id = e.environment_id and r.customer_id = e.customer_id and r.meter_id = e.meter_id
         and r.period_start = e.period_start and r.frozen_at is null', partition.name) using at;
    execute format('drop table %s', partition.name);
    return next partition.relname;
  end loop;
  -- A part at a time: more of them wait for the next run.
  delete from public.usage_keys k
  where k.ctid = any (array(select o.ctid from public.usage_keys o where o.received_at < keys_before limit 50000));
end $$;

revoke execute on all functions in schema app from public;
grant execute on function
  app.note_rejected_usage(text[], text[], text[], text[], text[], numeric[], text[], text[], int, timestamptz),
  app.record_usage(text[], text[], bytea[], text[], text[], text[], text[], numeric[], timestamptz[], jsonb[], text[], int, timestamptz),
  app.correct_usage(text, text, bytea, text, text, text, numeric, text, timestamptz, text, int, timestamptz),
  app.rebuild_usage(text, timestamptz),
  app.environments_with_usage(),
  app.drop_old_usage(timestamptz, timestamptz, timestamptz)
  to billingos_api;
