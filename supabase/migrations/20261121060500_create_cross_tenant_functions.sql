-- What serves several tenants in one statement: credentials, ingest, the cached snapshot, the outbox relay, incoming
-- Stripe events. Each runs with the rights of its owner, has a fixed search path, and does one narrow thing.
-- docs/security.md lists them.

set local lock_timeout = '5s';

-- Credentials ---------------------------------------------------------------------------------------------------------

create function app.authenticate_api_key(key_hash bytea)
returns table (environment_id text, mode text, key_id text, key_name text, type text, revoked_at timestamptz)
language sql stable security definer set search_path = ''
as $$
  select k.environment_id, e.mode, k.id, k.name, k.type, k.revoked_at
  from public.api_keys k
  join public.environments e on e.id = k.environment_id
  where k.hash = key_hash
$$;

create function app.touch_api_keys(environment_ids text[], key_ids text[], used_at timestamptz[])
returns void
language sql security definer set search_path = ''
as $$
  update public.api_keys k
  set last_used_at = greatest(k.last_used_at, u.used_at)
  from unnest(environment_ids, key_ids, used_at) as u (environment_id, key_id, used_at)
  where k.environment_id = u.environment_id and k.id = u.key_id
$$;

-- Whether Supabase's auth still has the user, unbanned. A database without the auth schema (a test of the API alone)
-- has only the token's word for it.
create function app.user_is_active(for_user uuid)
returns boolean
language plpgsql stable security definer set search_path = ''
as $$
declare
  active boolean := true;
begin
  if to_regclass('auth.users') is not null then
    execute 'select exists (select from auth.users u
             where u.id = $1 and (u.banned_until is null or u.banned_until <= now()))'
    into active using for_user;
  end if;
  return active;
end $$;

-- No row: not a member, no such environment, or a user who is no more. The caller cannot tell which.
create function app.authenticate_member(for_user uuid, for_environment text)
returns table (merchant_id text, role text, mode text)
language sql stable security definer set search_path = ''
as $$
  select m.merchant_id, m.role, e.mode
  from public.environments e
  join public.members m on m.merchant_id = e.merchant_id
  where e.id = for_environment and m.user_id = for_user and app.user_is_active(for_user)
$$;

create function app.create_merchant(
  new_id text, new_slug text, new_name text, owner_id uuid, owner_email text,
  live_id text, test_id text, at timestamptz
) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.merchants (id, slug, name, created_at) values (new_id, new_slug, new_name, at);
  insert into public.members (merchant_id, user_id, email, role, created_at)
  values (new_id, owner_id, owner_email, 'owner', at);
  insert into public.environments (id, merchant_id, slug, name, mode, created_at)
  values (live_id, new_id, 'live', 'Live', 'live', at), (test_id, new_id, 'test', 'Test', 'test', at);
end $$;

-- Outbox relay --------------------------------------------------------------------------------------------------------

-- Takes due jobs, and jobs handed to Redis that were not finished within the lease: Redis may have lost them.
create function app.claim_outbox(at timestamptz, lease interval, max_rows int)
returns table (environment_id text, id text, name text, queue text, payload jsonb, request_id text)
language sql security definer set search_path = ''
as $$
  with waiting as (
    select p.environment_id, p.id from public.outbox p
    where p.state = 'pending' and p.available_at <= at
    order by p.available_at limit max_rows for update skip locked
  ), lost as (
    select s.environment_id, s.id from public.outbox s
    where s.state = 'enqueued' and s.enqueued_at <= at - lease
    order by s.enqueued_at limit max_rows for update skip locked
  )
  update public.outbox o
  set state = 'enqueued', enqueued_at = at
  from (select * from waiting union all select * from lost) due
  where o.environment_id = due.environment_id and o.id = due.id
  returning o.environment_id, o.id, o.name, o.queue, o.payload, o.request_id
$$;

-- Gives claimed jobs back, when Redis could not take them.
create function app.release_outbox(environment_ids text[], job_ids text[])
returns void
language sql security definer set search_path = ''
as $$
  update public.outbox o
  set state = 'pending', enqueued_at = null
  from unnest(environment_ids, job_ids) as j (environment_id, id)
  where o.environment_id = j.environment_id and o.id = j.id and o.state = 'enqueued'
$$;

create function app.outbox_backlog(at timestamptz)
returns table (waiting bigint, oldest_seconds double precision, failed bigint)
language sql stable security definer set search_path = ''
as $$
  select count(*) filter (where state in ('pending', 'enqueued') and available_at <= at),
         coalesce(extract(epoch from at - min(available_at) filter (where state in ('pending', 'enqueued') and available_at <= at)), 0),
         count(*) filter (where state = 'failed')
  from public.outbox
  where state in ('pending', 'enqueued', 'failed')
$$;

-- Incoming Stripe events ----------------------------------------------------------------------------------------------

-- Stores a verified event with the job that processes it. No row: no environment of this mode has that account.
create function app.receive_stripe_event(
  for_mode text, for_account text, new_id text, new_job_id text, event_id text, event_type text, event_payload jsonb,
  at timestamptz
) returns table (environment_id text, created boolean)
language plpgsql security definer set search_path = ''
as $$
declare
  target text;
begin
  select a.environment_id into target
  from public.stripe_accounts a
  where a.mode = for_mode and a.stripe_account_id = for_account and a.disconnected_at is null;
  if target is null then
    return;
  end if;

  insert into public.webhook_events
    (environment_id, id, stripe_event_id, stripe_account_id, type, payload, state, received_at)
  values (target, new_id, event_id, for_account, event_type, event_payload, 'received', at)
  on conflict on constraint webhook_events_environment_id_stripe_event_id_key do nothing;
  if not found then
    return query select target, false;
    return;
  end if;

  insert into public.outbox (environment_id, id, name, queue, payload, state, available_at, created_at)
  values (target, new_job_id, 'webhooks.process_event', 'webhooks',
          jsonb_build_object('webhook_event_id', new_id), 'pending', at, at);
  return query select target, true;
end $$;

-- Periods -------------------------------------------------------------------------------------------------------------

-- The period that contains `at`, of those that begin at `anchor` and last `every` units. Counted from the anchor each
-- time, so that an anchor on the 31st comes back to the 31st after a shorter month. In UTC, as Stripe does.
create function app.period_at(
  anchor timestamptz, unit text, every int, at timestamptz, out period_start timestamptz, out period_end timestamptz
)
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  start_at timestamp := anchor at time zone 'UTC';
  point timestamp := at at time zone 'UTC';
  step interval := case unit
    when 'day' then make_interval(days => every)
    when 'week' then make_interval(days => 7 * every)
    when 'month' then make_interval(months => every)
    when 'year' then make_interval(months => 12 * every)
  end;
  n int;
begin
  if unit in ('day', 'week') then
    n := floor(extract(epoch from point - start_at) / extract(epoch from step));
  else
    n := floor(
      ((extract(year from point) - extract(year from start_at)) * 12
        + extract(month from point) - extract(month from start_at))
      / (every * case unit when 'year' then 12 else 1 end));
    -- The month counts, but the day or the hour within it may not have come yet.
    if start_at + n * step > point then
      n := n - 1;
    end if;
  end if;
  period_start := (start_at + n * step) at time zone 'UTC';
  period_end := (start_at + (n + 1) * step) at time zone 'UTC';
end $$;

-- The period in which a customer's use of a meter at a point in time counts: the subscription's, else the calendar month.
-- No definer and no settings of its own: within the functions that use it, the planner sees through it.
create function app.usage_period(for_environment text, for_customer text, for_meter text, at timestamptz)
returns table (period_start timestamptz, period_end timestamptz)
language sql stable
as $$
  select coalesce(p.period_start, date_trunc('month', at, 'UTC')),
         coalesce(p.period_end, (date_trunc('month', at at time zone 'UTC') + interval '1 month') at time zone 'UTC')
  from (select 1) always
  left join lateral (
    select e.billing_anchor, e.interval, e.interval_count
    from public.entitlements e
    join public.features f on f.environment_id = e.environment_id and f.id = e.feature_id
    where e.environment_id = for_environment and e.customer_id = for_customer and f.meter_id = for_meter
    order by e.granted_at, e.id
    limit 1
  ) g on true
  left join lateral app.period_at(g.billing_anchor, g.interval, g.interval_count, at) p on g.billing_anchor is not null
$$;

-- Entitlement snapshot ------------------------------------------------------------------------------------------------

-- Everything a check needs to know about a customer, in one statement. `reference` is the merchant's id of the customer,
-- or ours (`cus_…`). A customer that does not exist has `customer_id: null` and what the default plan grants.
create function app.entitlement_snapshot(for_environment text, reference text, at timestamptz)
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
           'usage_version', coalesce(r.version, 0))), '{}'::jsonb)
  into granted
  from active a
  join public.features f on f.environment_id = for_environment and f.id = a.feature_id
  left join lateral app.usage_period(for_environment, customer.id, f.meter_id, at) u on f.meter_id is not null
  left join public.usage_records r
    on r.environment_id = for_environment and r.customer_id = customer.id and r.meter_id = f.meter_id
    and r.period_start = u.period_start;

  return jsonb_build_object(
    'customer_id', customer.id,
    'external_id', customer.external_id,
    'version', coalesce(customer.entitlements_version, 0),
    'unsynced_since', customer.unsynced_since,
    'known', customer.id is not null or default_version is not null,
    'features', granted);
end $$;

-- Usage ingest --------------------------------------------------------------------------------------------------------

-- Records events of any number of environments in one statement: deduplicates, resolves customers (creating those not
-- seen before) and meters, stores the events, adds them to their totals and to what Stripe is to be told.
-- All arrays have the same length; the answer has a row for each position, counted from 1.
--   accepted   counted now
--   duplicate  the same key came before with the same body: event_id is the first one's
--   conflict   the same key came before with another body: nothing written
--   no_meter / no_customer   nothing written
-- Rows are locked in the order of their keys, so that concurrent calls wait for each other and never deadlock.
create function app.record_usage(
  environment_ids text[], keys text[], fingerprints bytea[], event_ids text[], customer_refs text[],
  new_customer_ids text[], meter_keys text[], quantities numeric[], occurred_at timestamptz[], properties jsonb[],
  forward_ids text[], forward_seconds int, at timestamptz
) returns table (
  "position" int, outcome text, event_id text, environment_id text, customer_id text, cache_key text, meter_id text,
  period_start timestamptz, used numeric, usage_version bigint
)
-- Plans are kept for the life of a connection: one made while a table was small must not scan it when it has grown.
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  c_id text[]; c_key text[]; c_linked boolean[]; m_id text[]; m_count boolean[]; m_linked boolean[];
  first_event text[]; stored bytea[];
begin
  -- Customers never seen before are created when their first event arrives.
  insert into public.customers (environment_id, id, external_id, created_at, updated_at)
  select distinct on (i.env, i.ref) i.env, i.new_id, i.ref, at, at
  from unnest(environment_ids, customer_refs, new_customer_ids, meter_keys) as i (env, ref, new_id, meter)
  where i.ref !~ '^cus_[0-9a-f]{32}$'
    and not exists (select from public.customers c where c.environment_id = i.env and c.external_id = i.ref)
    and exists (select from public.meters m where m.environment_id = i.env and m.key = i.meter)
  order by i.env, i.ref
  on conflict on constraint customers_environment_id_external_id_key do nothing;

  select array_agg(c.id order by i.pos), array_agg(coalesce(c.external_id, c.id) order by i.pos),
         array_agg(c.stripe_customer_id is not null order by i.pos),
         array_agg(m.id order by i.pos), array_agg(m.aggregation = 'count' order by i.pos),
         array_agg(m.stripe_meter_id is not null order by i.pos)
  into c_id, c_key, c_linked, m_id, m_count, m_linked
  from unnest(environment_ids, customer_refs, meter_keys) with ordinality as i (env, ref, meter, pos)
  left join lateral (
    select c.id, c.external_id, c.stripe_customer_id from public.customers c
    where c.environment_id = i.env and (c.external_id = i.ref or c.id = i.ref)
    order by (c.id = i.ref) desc limit 1
  ) c on true
  left join public.meters m on m.environment_id = i.env and m.key = i.meter;

  insert into public.usage_keys (environment_id, key, fingerprint, event_id, received_at)
  select distinct on (i.env, i.key) i.env, i.key, i.fingerprint, i.event_id, at
  from unnest(environment_ids, keys, fingerprints, event_ids, c_id, m_id)
    with ordinality as i (env, key, fingerprint, event_id, customer, meter, pos)
  where i.customer is not null and i.meter is not null
  order by i.env, i.key, i.pos
  on conflict on constraint usage_keys_pkey do nothing;

  -- A new statement sees what concurrent calls committed while the insert waited for them.
  select array_agg(k.event_id order by i.pos), array_agg(k.fingerprint order by i.pos)
  into first_event, stored
  from unnest(environment_ids, keys) with ordinality as i (env, key, pos)
  left join lateral (
    select u.event_id, u.fingerprint from public.usage_keys u
    where u.environment_id = i.env and u.key = i.key limit 1
  ) k on true;

  return query
  with input as (
    select i.pos::int as pos, i.env, i.key, i.event_id, i.quantity, i.occurred, i.props, i.forward_id, i.customer,
           i.cache_key, i.meter, i.first_event, i.customer_linked and i.meter_linked as forwarded,
           case when i.counts_events then 1 else i.quantity end as counted,
           case
             when i.meter is null then 'no_meter'
             when i.customer is null then 'no_customer'
             when i.first_event = i.event_id then 'accepted'
             when i.stored = i.fingerprint then 'duplicate'
             else 'conflict'
           end as outcome
    from unnest(environment_ids, keys, fingerprints, event_ids, quantities, occurred_at, properties, forward_ids,
                c_id, c_key, c_linked, m_id, m_count, m_linked, first_event, stored)
      with ordinality as i (env, key, fingerprint, event_id, quantity, occurred, props, forward_id,
                            customer, cache_key, customer_linked, meter, counts_events, meter_linked, first_event, stored,
                            pos)
  ), fresh as (
    select i.*, p.period_start, p.period_end
    from input i
    cross join lateral app.usage_period(i.env, i.customer, i.meter, i.occurred) p
    where i.outcome = 'accepted'
  ), events as (
    insert into public.usage_events
      (environment_id, id, idempotency_key, customer_id, meter_id, value, properties, occurred_at, received_at, period_start)
    select f.env, f.event_id, f.key, f.customer, f.meter, f.quantity, f.props, f.occurred, at, f.period_start
    from fresh f
  ), totals as (
    insert into public.usage_records
      (environment_id, customer_id, meter_id, period_start, period_end, value, event_count, updated_at)
    select f.env, f.customer, f.meter, f.period_start, max(f.period_end), sum(f.counted), count(*), at
    from fresh f
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
    from fresh f
    -- By event time, so that Stripe counts the use in the period it happened in: a bucket that began before the period
    -- begins with it. Due by arrival.
    cross join lateral (
      select greatest(
        f.period_start, date_bin(make_interval(secs => forward_seconds), f.occurred, 'epoch'::timestamptz))
    ) b (bucket)
    where f.forwarded
    group by f.env, f.customer, f.meter, b.bucket
    order by f.env, f.customer, f.meter, b.bucket
    on conflict (environment_id, customer_id, meter_id, bucket) where state = 'open' do update
    set quantity = usage_forwards.quantity + excluded.quantity
  )
  select i.pos, i.outcome,
         case i.outcome when 'accepted' then i.event_id when 'duplicate' then i.first_event end,
         i.env, i.customer, i.cache_key, i.meter, t.period_start, t.value, t.version
  from input i
  left join fresh f on f.pos = i.pos
  left join totals t
    on t.environment_id = i.env and t.customer_id = i.customer and t.meter_id = i.meter and t.period_start = f.period_start
  order by i.pos;
end $$;

-- What is due for Stripe's meters. Freezes what it takes: whole units only, since Stripe takes no fractions. What is left
-- over of a customer's buckets is gathered in one a day, and carried on to the last day of the period, so that the sum
-- over a period is exact to the unit. `rest_ids` has two for each of the `max_rows`.
create function app.claim_usage_forwards(at timestamptz, lease interval, max_rows int, rest_ids text[])
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
           row_number() over (order by f.due_at, f.id) as row
    from (
      select * from public.usage_forwards f
      where f.state in ('open', 'sending') and f.due_at <= at
      order by f.due_at limit max_rows for update skip locked
    ) f
  ), frozen as (
    update public.usage_forwards f
    set state = case when trunc(f.quantity) > 0 then 'sending' else 'open' end,
        quantity = case when trunc(f.quantity) > 0 then trunc(f.quantity) else f.quantity end,
        due_at = case when trunc(f.quantity) > 0 then at + lease else at + interval '1 hour' end,
        attempts = f.attempts + case when trunc(f.quantity) > 0 then 1 else 0 end,
        first_attempt_at = coalesce(f.first_attempt_at, case when trunc(f.quantity) > 0 then at end)
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

-- Makes the monthly partitions that events may fall into: two months back to two ahead.
create function app.ensure_usage_partitions(at timestamptz)
returns void
language plpgsql security definer set search_path = ''
as $$
declare
  first_month date := date_trunc('month', at at time zone 'UTC')::date;
  month date;
  partition text;
begin
  for month in select (first_month + make_interval(months => i))::date from generate_series(-2, 2) i loop
    partition := 'usage_events_' || to_char(month, 'YYYY_MM');
    if to_regclass('public.' || partition) is null then
      execute format(
        'create table public.%I partition of public.usage_events for values from (%L) to (%L)',
        partition, month::timestamp at time zone 'UTC', (month + interval '1 month')::timestamp at time zone 'UTC');
      execute format('alter table public.%I enable row level security', partition);
      execute format('alter table public.%I force row level security', partition);
      -- Reached through the parent only, whose policy applies then.
      execute format('create policy tenant on public.%I to billingos_api using (environment_id = (select app.environment_id()))', partition);
    end if;
  end loop;
end $$;

select app.ensure_usage_partitions(now());

revoke execute on all functions in schema app from public;
grant execute on all functions in schema app to billingos_api;
