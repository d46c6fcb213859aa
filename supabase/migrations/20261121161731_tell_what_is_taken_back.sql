-- What is taken back of a sum is told to Stripe as a negative quantity, and values that are told whole arrive in order.

set local lock_timeout = '5s';

alter table usage_forwards drop constraint usage_forwards_quantity_check;
alter table usage_forwards add constraint usage_forwards_quantity_check check (quantity >= 0 or not absolute) not valid;
comment on column usage_forwards.quantity is 'Negative: a correction took back more than was used. Stripe bills what is left, or nothing.';
create index usage_forwards_absolute_sending on usage_forwards (environment_id, customer_id, meter_id)
  where absolute and state = 'sending';

-- Adds a signed quantity to a total, for what was reported wrongly. outcome: accepted, duplicate, conflict, no_meter,
-- no_customer, below_zero.
create or replace function app.correct_usage(
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
    -- Beside the use of that time, a second later and within the period: what credits pay for is taken off use only.
    bucket_at := least(
      period.period_end - interval '1 second',
      greatest(period.period_start, date_bin(make_interval(secs => forward_seconds), occurred, 'epoch'::timestamptz))
        + interval '1 second');
    insert into public.usage_forwards (environment_id, id, customer_id, meter_id, bucket, quantity, state, due_at)
    values (for_environment, new_forward_id, customer.id, meter.id, bucket_at, quantity, 'open',
            greatest(at, bucket_at + make_interval(secs => forward_seconds)))
    on conflict (environment_id, customer_id, meter_id, bucket) where state = 'open' do update
    set quantity = usage_forwards.quantity + excluded.quantity;
  end if;
  return query select 'accepted', new_event_id, customer.id, coalesce(customer.external_id, customer.id), meter.id,
    period.period_start, total.value, total.version, is_late;
end $$;

-- Puts down what Stripe is to be told of a meter that keeps the last value: the whole value of the period, when it
-- changed, once for each bucket of time. A later value always has a later second, since Stripe goes by time; within the
-- period, even when the event comes after its end: then it has a second of the last minute. One that was not sent yet says
-- the new value instead. Fractions of a unit are left out: Stripe takes whole numbers.
create or replace function app.tell_usage_value(
  for_environment text, for_customer text, for_meter text, period_start timestamptz, period_end timestamptz,
  total numeric, new_forward_id text, forward_seconds int, at timestamptz
) returns void
language plpgsql set search_path = ''
as $$
declare
  told public.usage_forwards;
  now_bucket timestamptz := date_bin(make_interval(secs => forward_seconds), at, 'epoch'::timestamptz);
  its_last timestamptz := period_end - interval '1 second';
  moment timestamptz := greatest(
    period_start, case when now_bucket < period_end then now_bucket else period_end - interval '1 minute' end);
begin
  select * into told from public.usage_forwards f
  where f.environment_id = for_environment and f.customer_id = for_customer and f.meter_id = for_meter and f.absolute
    and f.bucket >= period_start and f.bucket < period_end
  order by f.bucket desc, f.id desc limit 1
  for update;
  if told.id is null and trunc(total) = 0 or told.state <> 'needs_reconcile' and told.quantity = trunc(total) then
    return;
  end if;
  if told.state = 'open' then
    update public.usage_forwards f set quantity = trunc(total), bucket = greatest(told.bucket, moment)
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

-- What is due for Stripe's meters. Freezes what it takes: whole units only, since Stripe takes no fractions. What is left
-- over of a customer's buckets is gathered in one a day, and carried on to the last day of the period, so that the sum
-- over a period is exact to the unit. `rest_ids` has two for each of the `max_rows`. An absolute value is told also when
-- it is 0: it may have been more before; and not before the one ahead of it was acknowledged, since of two that Stripe
-- has for the same second the later one to arrive counts.
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
      where f.state = 'open' and f.due_at <= at and f.quantity <> floor(f.quantity)
      order by f.due_at limit max_rows for update skip locked
    ) f
    cross join lateral app.usage_period(f.environment_id, f.customer_id, f.meter_id, f.bucket) p
    cross join lateral (
      select greatest(
        p.period_start, date_trunc('day', least(at, p.period_end - interval '1 microsecond'), 'UTC'))
    ) carry (bucket)
    where carry.bucket <> f.bucket
  ), kept as (
    update public.usage_forwards f set quantity = floor(f.quantity)
    from loose l
    where f.environment_id = l.environment_id and f.id = l.id and floor(l.quantity) <> 0
  ), gone as (
    delete from public.usage_forwards f using loose l
    where f.environment_id = l.environment_id and f.id = l.id and floor(l.quantity) = 0
  )
  insert into public.usage_forwards (environment_id, id, customer_id, meter_id, bucket, quantity, state, due_at)
  select l.environment_id, min(rest_ids[max_rows + l.row]), l.customer_id, l.meter_id, l.bucket,
         sum(l.quantity - floor(l.quantity)), 'open', at
  from loose l
  group by l.environment_id, l.customer_id, l.meter_id, l.bucket
  order by l.environment_id, l.customer_id, l.meter_id, l.bucket
  on conflict (environment_id, customer_id, meter_id, bucket) where state = 'open' do update
  set quantity = usage_forwards.quantity + excluded.quantity, due_at = least(usage_forwards.due_at, excluded.due_at);

  return query
  with due as (
    select f.environment_id, f.id, f.customer_id, f.meter_id, f.bucket, f.quantity, f.state,
           floor(f.quantity) <> 0 or f.absolute as is_tellable, row_number() over (order by f.due_at, f.id) as row
    from (
      select * from public.usage_forwards f
      where f.state in ('open', 'sending') and f.due_at <= at
        and not (f.absolute and f.state = 'open' and exists (
          select from public.usage_forwards u
          where u.environment_id = f.environment_id and u.customer_id = f.customer_id and u.meter_id = f.meter_id
            and u.absolute and u.state = 'sending'))
      order by f.due_at limit max_rows for update skip locked
    ) f
  ), spent as (
    -- Credits paid for all of it, or it was taken back before it was told.
    delete from public.usage_forwards f using due
    where f.environment_id = due.environment_id and f.id = due.id and due.quantity = 0 and not due.is_tellable
  ), frozen as (
    update public.usage_forwards f
    set state = case when due.is_tellable then 'sending' else 'open' end,
        quantity = case when due.is_tellable then floor(f.quantity) else f.quantity end,
        due_at = case when due.is_tellable then at + lease else at + interval '1 hour' end,
        attempts = f.attempts + case when due.is_tellable then 1 else 0 end,
        first_attempt_at = coalesce(f.first_attempt_at, case when due.is_tellable then at end)
    from due
    where f.environment_id = due.environment_id and f.id = due.id and (due.quantity <> 0 or due.is_tellable)
    returning f.environment_id, f.id, f.customer_id, f.meter_id, f.bucket, f.quantity, f.first_attempt_at, f.state
  ), rest as (
    insert into public.usage_forwards (environment_id, id, customer_id, meter_id, bucket, quantity, state, due_at)
    select d.environment_id, rest_ids[d.row], d.customer_id, d.meter_id, d.bucket, d.quantity - floor(d.quantity), 'open',
           at + interval '1 minute'
    from due d
    where d.state = 'open' and floor(d.quantity) <> 0 and d.quantity <> floor(d.quantity)
    on conflict (environment_id, customer_id, meter_id, bucket) where state = 'open' do update
    set quantity = usage_forwards.quantity + excluded.quantity
  )
  select z.environment_id, z.id, c.stripe_customer_id, m.key, z.bucket, z.quantity, z.first_attempt_at
  from frozen z
  join public.customers c on c.environment_id = z.environment_id and c.id = z.customer_id
  join public.meters m on m.environment_id = z.environment_id and m.id = z.meter_id
  where z.state = 'sending';
end $$;
