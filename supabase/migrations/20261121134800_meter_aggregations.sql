-- Meters that keep the highest value, the number of distinct values or the latest value; meters that read their value
-- from a property, or count only what meets their filters. What such a meter counts cannot be added up blindly, so it is
-- recorded by functions of its own: the path of meters that count or sum stays as it was.

set local lock_timeout = '5s';

alter table meters
  add column property text check (length(property) between 1 and 40),
  add column filters jsonb not null default '[]' check (jsonb_typeof(filters) = 'array'),
  add column group_by text[] not null default '{}' check (cardinality(group_by) <= 5),
  drop constraint meters_aggregation_check,
  add constraint meters_aggregation_check check (aggregation in ('count', 'sum', 'max', 'unique', 'latest')),
  add constraint meters_fitting_property_check check (case aggregation when 'unique' then property is not null when 'count' then property is null else true end),
  add column is_plain boolean not null
    generated always as (aggregation in ('count', 'sum') and property is null and filters = '[]'::jsonb) stored;
comment on column meters.property is 'The property whose distinct values are counted, or that holds the value of an event.';
comment on column meters.filters is 'All of them must hold of an event, or it is stored and not counted.';
comment on column meters.group_by is 'Properties by which use can be broken down for looking at.';
comment on column meters.is_plain is 'Every event counts, as one or as its value: it can be added to a total without looking at anything else.';

alter table usage_events
  add column uncounted text check (uncounted in ('filtered', 'property_missing', 'property_not_a_quantity', 'retracted'));
comment on column usage_events.uncounted is 'Why it is not part of any total. Null: it is.';
create index usage_events_uncounted on usage_events (environment_id, id) where uncounted is not null;

alter table usage_records
  add column latest_occurred_at timestamptz,
  add column latest_received_at timestamptz,
  add column latest_event_id text;
comment on column usage_records.latest_occurred_at is 'Of a meter of the latest value: which event that is. The later it occurred, then arrived, wins.';

create table usage_unique_values (
  environment_id text not null,
  customer_id text not null,
  meter_id text not null,
  period_start timestamptz not null,
  value_hash bytea not null,
  event_count bigint not null check (event_count >= 0),
  primary key (environment_id, customer_id, meter_id, period_start, value_hash)
);
comment on table usage_unique_values is 'The distinct values a meter of the kind `unique` saw in a period, as SHA-256. How many there are is the total.';
comment on column usage_unique_values.event_count is 'How many events had it: when the last is retracted, it was not seen.';
alter table usage_unique_values enable row level security;
alter table usage_unique_values force row level security;
create policy tenant on usage_unique_values to billingos_api
  using (environment_id = (select app.environment_id()))
  with check (environment_id = (select app.environment_id()));
grant select on usage_unique_values to billingos_api;

alter table usage_forwards add column absolute boolean not null default false;
comment on column usage_forwards.absolute is 'The whole value of the period so far, to a meter that keeps the last: not to be added up.';
create index usage_forwards_absolute on usage_forwards (environment_id, customer_id, meter_id, bucket) where absolute;

-- What an event says -------------------------------------------------------------------------------------------------

-- Whether all filters hold of an event's properties. One whose operator nobody knows holds of none. `in` and `not_in` of
-- the same values part the events in two: what lacks the property is not among the values.
create function app.meets_filters(filters jsonb, properties jsonb) returns boolean
language sql immutable
as $$
  select coalesce(bool_and(coalesce(case f ->> 'operator'
    when 'eq' then properties -> (f ->> 'property') = f -> 'value'
    when 'in' then exists (
      select from jsonb_array_elements(f -> 'values') v where v = properties -> (f ->> 'property'))
    when 'not_in' then not exists (
      select from jsonb_array_elements(f -> 'values') v where v = properties -> (f ->> 'property'))
    when 'exists' then (coalesce(properties, '{}') ? (f ->> 'property')) = (f -> 'value')::boolean
  end, false)), true)
  from jsonb_array_elements(filters) f
$$;

-- Why a meter does not count an event; null when it does.
create function app.why_uncounted(filters jsonb, aggregation text, property text, properties jsonb) returns text
language sql immutable
as $$
  select case
    when not app.meets_filters(filters, properties) then 'filtered'
    when property is null then null
    when coalesce(jsonb_typeof(properties -> property), 'null') = 'null' then 'property_missing'
    when aggregation = 'unique' then null
    when jsonb_typeof(properties -> property) <> 'number' then 'property_not_a_quantity'
    -- What an event's own value may be.
    when (properties ->> property)::numeric between 0 and 999999999999999
      and scale(trim_scale((properties ->> property)::numeric)) <= 12 then null
    else 'property_not_a_quantity'
  end
$$;

-- How much an event that counts is: one, its value, or what its property says. A correction is what it says itself.
create function app.usage_amount(kind text, aggregation text, property text, value numeric, properties jsonb)
returns numeric
language sql immutable
as $$
  select case
    when kind = 'correction' then value
    when aggregation in ('count', 'unique') then 1
    when property is null then value
    else (properties ->> property)::numeric
  end
$$;

create function app.unique_value_hash(property text, properties jsonb) returns bytea
language sql immutable
as $$ select sha256(convert_to((properties -> property)::text, 'UTF8')) $$;

-- Recording ----------------------------------------------------------------------------------------------------------

-- Puts down what Stripe is to be told of a meter that keeps the last value: the whole value of the period, when it
-- changed, once for each bucket of time. A later value always has a later second, since Stripe goes by time; within the
-- period, even when the event comes after its end. Fractions of a unit are left out: Stripe takes whole numbers.
create function app.tell_usage_value(
  for_environment text, for_customer text, for_meter text, period_start timestamptz, period_end timestamptz,
  total numeric, new_forward_id text, forward_seconds int, at timestamptz
) returns void
language plpgsql set search_path = ''
as $$
declare
  told public.usage_forwards;
  now_bucket timestamptz := date_bin(make_interval(secs => forward_seconds), at, 'epoch'::timestamptz);
  its_last timestamptz := period_end - interval '1 second';
  moment timestamptz := greatest(period_start, least(now_bucket, its_last));
begin
  select * into told from public.usage_forwards f
  where f.environment_id = for_environment and f.customer_id = for_customer and f.meter_id = for_meter and f.absolute
    and f.bucket >= period_start and f.bucket < period_end
  order by f.bucket desc, f.id desc limit 1
  for update;
  if told.id is null and trunc(total) = 0 or told.state <> 'needs_reconcile' and told.quantity = trunc(total) then
    return;
  end if;
  if told.state = 'open' and told.bucket >= moment then
    update public.usage_forwards f set quantity = trunc(total)
    where f.environment_id = for_environment and f.id = told.id;
    return;
  end if;
  if told.bucket >= moment then
    moment := least(told.bucket + interval '1 second', its_last);
  end if;
  insert into public.usage_forwards
    (environment_id, id, customer_id, meter_id, bucket, quantity, state, due_at, absolute)
  values (for_environment, new_forward_id, for_customer, for_meter, moment, trunc(total), 'open',
          now_bucket + make_interval(secs => forward_seconds), true)
  on conflict (environment_id, customer_id, meter_id, bucket) where state = 'open' do update
  set quantity = excluded.quantity;
end $$;

-- Stores events of meters that are not plain, of the events given those whose `fresh` is true, and makes them part of
-- their totals, unless they do not count. Part of app.record_usage, with its rights.
create function app.record_measured_usage(
  environment_ids text[], keys text[], event_ids text[], quantities numeric[], occurred_at timestamptz[],
  properties jsonb[], forward_ids text[], customer_ids text[], meter_ids text[], period_starts timestamptz[],
  period_ends timestamptz[], lates boolean[], linked boolean[], fresh boolean[], forward_seconds int, at timestamptz
) returns table ("position" int, used numeric, usage_version bigint)
language plpgsql set search_path = ''
as $$
#variable_conflict use_column
declare
  answers jsonb;
  told record;
begin
  with measured as materialized (
    select i.*, m.aggregation,
           app.why_uncounted(m.filters, m.aggregation, m.property, i.props) as why,
           app.usage_amount('usage', m.aggregation, m.property, i.quantity, i.props) as amount,
           case m.aggregation when 'unique' then app.unique_value_hash(m.property, i.props) end as value_hash
    from unnest(environment_ids, keys, event_ids, quantities, occurred_at, properties, forward_ids, customer_ids,
                meter_ids, period_starts, period_ends, lates, linked, fresh)
      with ordinality as i (env, key, event_id, quantity, occurred, props, forward_id, customer, meter, period_start,
                            period_end, late, linked, fresh, pos)
    join public.meters m on m.environment_id = i.env and m.id = i.meter
    where i.fresh
  ), events as (
    insert into public.usage_events
      (environment_id, id, idempotency_key, customer_id, meter_id, value, properties, occurred_at, received_at, period_start,
       late, uncounted)
    select c.env, c.event_id, c.key, c.customer, c.meter, c.quantity, c.props, c.occurred, at, c.period_start, c.late, c.why
    from measured c
  ), asked as materialized (
    select c.env, c.customer, c.meter, c.period_start, c.value_hash, count(*) as events
    from measured c
    where c.why is null and c.value_hash is not null
    group by 1, 2, 3, 4, 5
  ), seen as (
    insert into public.usage_unique_values
      (environment_id, customer_id, meter_id, period_start, value_hash, event_count)
    select a.env, a.customer, a.meter, a.period_start, a.value_hash, a.events
    from asked a
    order by a.env, a.customer, a.meter, a.period_start, a.value_hash
    on conflict on constraint usage_unique_values_pkey do update
    set event_count = usage_unique_values.event_count + excluded.event_count
    returning environment_id, customer_id, meter_id, period_start, value_hash, event_count
  ), discovered as (
    -- It was not seen before, if these events are all that had it.
    select a.env, a.customer, a.meter, a.period_start, count(*) as values
    from asked a
    join seen s
      on s.environment_id = a.env and s.customer_id = a.customer and s.meter_id = a.meter
      and s.period_start = a.period_start and s.value_hash = a.value_hash and s.event_count = a.events
    group by 1, 2, 3, 4
  ), additions as (
    select c.env, c.customer, c.meter, c.period_start, max(c.period_end) as period_end, count(*) as events,
           case c.aggregation
             when 'max' then max(c.amount)
             when 'unique' then coalesce(max(d.values), 0)
             when 'latest' then (array_agg(c.amount order by c.occurred desc, c.event_id desc))[1]
             else sum(c.amount)
           end as value,
           case c.aggregation when 'latest' then max(c.occurred) end as latest,
           case c.aggregation when 'latest' then (array_agg(c.event_id order by c.occurred desc, c.event_id desc))[1] end
             as latest_event
    from measured c
    left join discovered d
      on d.env = c.env and d.customer = c.customer and d.meter = c.meter and d.period_start = c.period_start
    where c.why is null
    group by c.env, c.customer, c.meter, c.period_start, c.aggregation
  ), totals as (
    insert into public.usage_records as r
      (environment_id, customer_id, meter_id, period_start, period_end, value, event_count, updated_at,
       latest_occurred_at, latest_received_at, latest_event_id)
    select a.env, a.customer, a.meter, a.period_start, a.period_end, a.value, a.events, at,
           a.latest, case when a.latest is not null then at end, a.latest_event
    from additions a
    order by a.env, a.customer, a.meter, a.period_start
    on conflict on constraint usage_records_pkey do update
    set (value, latest_occurred_at, latest_received_at, latest_event_id) = (
          select case
                   when m.aggregation = 'max' then greatest(r.value, excluded.value)
                   when m.aggregation <> 'latest' then r.value + excluded.value
                   when later.it_is then excluded.value
                   else r.value
                 end,
                 case when later.it_is then excluded.latest_occurred_at else r.latest_occurred_at end,
                 case when later.it_is then excluded.latest_received_at else r.latest_received_at end,
                 case when later.it_is then excluded.latest_event_id else r.latest_event_id end
          from public.meters m
          cross join lateral (
            select (excluded.latest_occurred_at, excluded.latest_received_at, excluded.latest_event_id)
                     > (r.latest_occurred_at, r.latest_received_at, r.latest_event_id) is not false as it_is
          ) later
          where m.environment_id = excluded.environment_id and m.id = excluded.meter_id
        ),
        event_count = r.event_count + excluded.event_count,
        version = r.version + 1,
        updated_at = excluded.updated_at
    returning r.environment_id, r.customer_id, r.meter_id, r.period_start, r.value, r.version
  ), forwards as (
    insert into public.usage_forwards (environment_id, id, customer_id, meter_id, bucket, quantity, state, due_at)
    select c.env, min(c.forward_id), c.customer, c.meter, b.bucket, sum(c.amount), 'open',
           b.bucket + make_interval(secs => forward_seconds)
    from measured c
    cross join lateral (
      select greatest(
        c.period_start, date_bin(make_interval(secs => forward_seconds), c.occurred, 'epoch'::timestamptz))
    ) b (bucket)
    where c.why is null and c.linked and c.aggregation in ('count', 'sum')
    group by c.env, c.customer, c.meter, b.bucket
    order by c.env, c.customer, c.meter, b.bucket
    on conflict (environment_id, customer_id, meter_id, bucket) where state = 'open' do update
    set quantity = usage_forwards.quantity + excluded.quantity
  )
  select jsonb_agg(jsonb_build_array(c.pos, t.value, t.version)) into answers
  from measured c
  left join totals t
    on c.why is null and t.environment_id = c.env and t.customer_id = c.customer and t.meter_id = c.meter
    and t.period_start = c.period_start;

  -- Every total is locked now, so what is read here is what it is.
  for told in
    select distinct on (i.env, i.customer, i.meter, i.period_start)
      i.env, i.customer, i.meter, i.forward_id, r.period_start, r.period_end, r.value
    from unnest(environment_ids, customer_ids, meter_ids, period_starts, forward_ids, linked, fresh)
      as i (env, customer, meter, period_start, forward_id, linked, fresh)
    join public.meters m
      on m.environment_id = i.env and m.id = i.meter and m.aggregation in ('max', 'unique', 'latest')
    join public.usage_records r
      on r.environment_id = i.env and r.customer_id = i.customer and r.meter_id = i.meter
      and r.period_start = i.period_start
    where i.fresh and i.linked
    order by i.env, i.customer, i.meter, i.period_start
  loop
    perform app.tell_usage_value(
      told.env, told.customer, told.meter, told.period_start, told.period_end, told.value, told.forward_id,
      forward_seconds, at);
  end loop;

  return query
  select (a ->> 0)::int, (a ->> 1)::numeric, (a ->> 2)::bigint from jsonb_array_elements(answers) a;
end $$;

-- Takes an event back out of a total that cannot be subtracted from, and works the total out anew. Only while its period
-- takes events. outcome: accepted, duplicate, conflict; no_event, additive (say by how much instead), uncounted (there
-- is nothing to take back), closed.
create function app.retract_usage(
  for_environment text, event_key text, event_fingerprint bytea, new_event_id text, retracted_id text, why text,
  new_forward_id text, forward_seconds int, at timestamptz
) returns table (
  outcome text, event_id text, customer_id text, cache_key text, meter_id text, period_start timestamptz, used numeric,
  usage_version bigint, late boolean
)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  event public.usage_events;
  meter public.meters;
  customer public.customers;
  earlier public.usage_keys;
  total public.usage_records;
  grace interval;
  refusal text;
begin
  select * into earlier from public.usage_keys k where k.environment_id = for_environment and k.key = event_key;
  if found then
    return query select case when earlier.fingerprint = event_fingerprint then 'duplicate' else 'conflict' end,
      earlier.event_id, null::text, null::text, null::text, null::timestamptz, null::numeric, null::bigint, false;
    return;
  end if;

  select * into event from public.usage_events e where e.environment_id = for_environment and e.id = retracted_id;
  select * into meter from public.meters m where m.environment_id = for_environment and m.id = event.meter_id;
  -- Whoever records for this total waits from here on, and a second retraction of the same event, too.
  select * into total from public.usage_records r
  where r.environment_id = for_environment and r.customer_id = event.customer_id and r.meter_id = event.meter_id
    and r.period_start = event.period_start
  for update;
  select * into event from public.usage_events e where e.environment_id = for_environment and e.id = retracted_id;
  select make_interval(mins => e.usage_grace_minutes) into grace
  from public.environments e where e.id = for_environment;
  refusal := case
    when event.id is null or event.kind <> 'usage' then 'no_event'
    when meter.aggregation in ('count', 'sum') then 'additive'
    when event.uncounted is not null then 'uncounted'
    when total.period_end + grace <= at then 'closed'
  end;
  if refusal is not null then
    return query select refusal, null::text, null::text, null::text, null::text, null::timestamptz, null::numeric,
      null::bigint, false;
    return;
  end if;

  insert into public.usage_keys (environment_id, key, fingerprint, event_id, received_at)
  values (for_environment, event_key, event_fingerprint, new_event_id, at);
  update public.usage_events e set uncounted = 'retracted'
  where e.environment_id = for_environment and e.id = retracted_id and e.occurred_at = event.occurred_at;
  insert into public.usage_events
    (environment_id, id, idempotency_key, customer_id, meter_id, value, occurred_at, received_at, period_start, kind,
     reason)
  values (for_environment, new_event_id, event_key, event.customer_id, meter.id,
          -app.usage_amount('usage', meter.aggregation, meter.property, event.value, event.properties),
          event.occurred_at, at, event.period_start, 'correction', why);
  if meter.aggregation = 'unique' then
    update public.usage_unique_values u set event_count = u.event_count - 1
    where u.environment_id = for_environment and u.customer_id = event.customer_id and u.meter_id = meter.id
      and u.period_start = event.period_start
      and u.value_hash = app.unique_value_hash(meter.property, event.properties);
    delete from public.usage_unique_values u
    where u.environment_id = for_environment and u.customer_id = event.customer_id and u.meter_id = meter.id
      and u.period_start = event.period_start
      and u.value_hash = app.unique_value_hash(meter.property, event.properties) and u.event_count = 0;
  end if;

  update public.usage_records r
  set value = now_is.value, event_count = now_is.event_count, latest_occurred_at = now_is.latest_occurred_at,
      latest_received_at = now_is.latest_received_at, latest_event_id = now_is.latest_event_id,
      version = r.version + 1, updated_at = at
  from app.usage_totals(for_environment, event.customer_id, meter.id, event.period_start) now_is
  where r.environment_id = for_environment and r.customer_id = event.customer_id and r.meter_id = meter.id
    and r.period_start = event.period_start
  returning r.* into total;

  select * into customer from public.customers c where c.environment_id = for_environment and c.id = event.customer_id;
  if customer.stripe_customer_id is not null and meter.stripe_meter_id is not null then
    perform app.tell_usage_value(
      for_environment, customer.id, meter.id, total.period_start, total.period_end, total.value, new_forward_id,
      forward_seconds, at);
  end if;
  return query select 'accepted', new_event_id, customer.id, coalesce(customer.external_id, customer.id), meter.id,
    total.period_start, total.value, total.version, false;
end $$;

-- What the events of an environment, or of one of its totals, add up to.
create function app.usage_totals(
  for_environment text, for_customer text default null, for_meter text default null, for_period timestamptz default null
) returns table (
  customer_id text, meter_id text, period_start timestamptz, value numeric, event_count bigint,
  latest_occurred_at timestamptz, latest_received_at timestamptz, latest_event_id text
)
language sql stable
as $$
  select e.customer_id, e.meter_id, e.period_start,
         coalesce(case m.aggregation
           when 'max' then max(e.amount) filter (where e.kind = 'usage')
           when 'unique' then count(distinct e.value_hash)
           when 'latest' then (array_agg(e.amount order by e.occurred_at desc, e.received_at desc, e.id desc)
                               filter (where e.kind = 'usage'))[1]
           else sum(e.amount)
         end, 0),
         count(*),
         max(e.occurred_at) filter (where e.kind = 'usage' and m.aggregation = 'latest'),
         (array_agg(e.received_at order by e.occurred_at desc, e.received_at desc, e.id desc)
          filter (where e.kind = 'usage' and m.aggregation = 'latest'))[1],
         (array_agg(e.id order by e.occurred_at desc, e.received_at desc, e.id desc)
          filter (where e.kind = 'usage' and m.aggregation = 'latest'))[1]
  from public.meters m
  cross join lateral (
    select u.customer_id, u.meter_id, u.period_start, u.kind, u.occurred_at, u.received_at, u.id,
           app.usage_amount(u.kind, m.aggregation, m.property, u.value, u.properties) as amount,
           case when m.aggregation = 'unique' and u.kind = 'usage'
             then app.unique_value_hash(m.property, u.properties) end as value_hash
    from public.usage_events u
    where u.environment_id = m.environment_id and u.meter_id = m.id and u.uncounted is null
      and (for_customer is null or u.customer_id = for_customer)
      and (for_period is null or u.period_start = for_period)
  ) e
  where m.environment_id = for_environment and (for_meter is null or m.id = for_meter)
  group by m.aggregation, e.customer_id, e.meter_id, e.period_start
$$;

-- As before, for meters of every kind.
create or replace function app.rebuild_usage(for_environment text, at timestamptz)
returns table (customer_id text, meter_id text, period_start timestamptz, value_before numeric, value_after numeric)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  -- In the order in which recording writes.
  lock table public.usage_unique_values in exclusive mode;
  lock table public.usage_records in exclusive mode;

  delete from public.usage_unique_values v
  where v.environment_id = for_environment and not exists (
    select from public.usage_records r
    where r.environment_id = v.environment_id and r.customer_id = v.customer_id and r.meter_id = v.meter_id
      and r.period_start = v.period_start and r.frozen_at is not null);
  insert into public.usage_unique_values
    (environment_id, customer_id, meter_id, period_start, value_hash, event_count)
  select for_environment, e.customer_id, e.meter_id, e.period_start,
         app.unique_value_hash(m.property, e.properties), count(*)
  from public.meters m
  join public.usage_events e on e.environment_id = m.environment_id and e.meter_id = m.id
  where m.environment_id = for_environment and m.aggregation = 'unique' and e.kind = 'usage' and e.uncounted is null
  group by 2, 3, 4, 5
  on conflict on constraint usage_unique_values_pkey do nothing;

  return query
  with rebuilt as (
    select * from app.usage_totals(for_environment)
  ), wrong as (
    select coalesce(b.customer_id, r.customer_id) as customer_id, coalesce(b.meter_id, r.meter_id) as meter_id,
           coalesce(b.period_start, r.period_start) as period_start, r.value as value_before,
           coalesce(b.value, 0) as value_after, coalesce(b.event_count, 0) as event_count,
           b.latest_occurred_at, b.latest_received_at, b.latest_event_id
    from rebuilt b
    full join (select * from public.usage_records t where t.environment_id = for_environment) r
      on r.customer_id = b.customer_id and r.meter_id = b.meter_id and r.period_start = b.period_start
    where r.frozen_at is null
      and (r.value is distinct from coalesce(b.value, 0) or r.event_count is distinct from coalesce(b.event_count, 0)
           or r.latest_event_id is distinct from b.latest_event_id)
  ), mended as (
    insert into public.usage_records
      (environment_id, customer_id, meter_id, period_start, period_end, value, event_count, updated_at,
       latest_occurred_at, latest_received_at, latest_event_id)
    select for_environment, w.customer_id, w.meter_id, w.period_start, p.period_end, w.value_after, w.event_count, at,
           w.latest_occurred_at, w.latest_received_at, w.latest_event_id
    from wrong w
    cross join lateral app.usage_period(for_environment, w.customer_id, w.meter_id, w.period_start) p
    on conflict on constraint usage_records_pkey do update
    set value = excluded.value, event_count = excluded.event_count, version = usage_records.version + 1,
        updated_at = excluded.updated_at, latest_occurred_at = excluded.latest_occurred_at,
        latest_received_at = excluded.latest_received_at, latest_event_id = excluded.latest_event_id
  )
  select w.customer_id, w.meter_id, w.period_start, w.value_before, w.value_after from wrong w
  order by 1, 2, 3;
end $$;

-- As before, of what counts; a total that is no sum has no part that a window took: a cap looks at all of it.
create or replace function app.window_base(
  for_environment text, for_customer text, for_meter text, window_start timestamptz, total numeric
) returns numeric
language sql stable
as $$
  select case
    when m.aggregation in ('count', 'sum') then
      total - coalesce((
        select sum(app.usage_amount(e.kind, m.aggregation, m.property, e.value, e.properties))
        from public.usage_events e
        where e.environment_id = for_environment and e.customer_id = for_customer and e.meter_id = for_meter
          and e.occurred_at >= window_start and e.uncounted is null), 0)
    else 0
  end
  from public.meters m
  where m.environment_id = for_environment and m.id = for_meter
$$;

-- The values of totals that are frozen are not needed any more: they are counted. A part at a time.
create function app.forget_unique_values(max_rows int) returns void
language sql security definer set search_path = ''
as $$
  delete from public.usage_unique_values v
  where v.ctid = any (array(
    select o.ctid from public.usage_unique_values o
    join public.usage_records r
      on r.environment_id = o.environment_id and r.customer_id = o.customer_id and r.meter_id = o.meter_id
      and r.period_start = o.period_start
    where r.frozen_at is not null
    limit max_rows))
$$;

revoke execute on all functions in schema app from public;
grant execute on function
  app.retract_usage(text, text, bytea, text, text, text, text, int, timestamptz),
  app.forget_unique_values(int),
  app.usage_amount(text, text, text, numeric, jsonb),
  app.unique_value_hash(text, jsonb)
  to billingos_api;
