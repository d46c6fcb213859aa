-- What is due for Stripe's meters. Freezes what it takes: whole units only, since Stripe takes no fractions. What is left
-- over of a customer's buckets is gathered in one a day, and carried on to the last day of the period, so that the sum
-- over a period is exact to the unit. `rest_ids` has two for each of the `max_rows`. An absolute value is told also when
-- it is 0: it may have been more before; and not before the one ahead of it was acknowledged, since of two that Stripe
-- has for the same second the later one to arrive counts. What is of a time that Stripe has billed goes on the next
-- invoice: it is told at the first second after it. `is_past`: its period is over, so that Stripe may have billed it.
create or replace function app.claim_usage_forwards(at timestamptz, lease interval, max_rows int, rest_ids text[])
returns table (
  environment_id text, id text, customer_id text, meter_id text, stripe_customer_id text, meter_key text,
  bucket timestamptz, quantity numeric, absolute boolean, first_attempt_at timestamptz, attempts int, is_past boolean
)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  with late as materialized (
    select f.environment_id, f.id, b.billed_until
    from public.usage_forwards f
    join public.usage_billed b
      on b.environment_id = f.environment_id and b.customer_id = f.customer_id and b.meter_id = f.meter_id
    where (f.state = 'open' or f.state = 'sending' and f.first_attempt_at is null) and f.due_at <= at
      and f.bucket < b.billed_until and not f.absolute and floor(f.quantity) <> 0
      and not app.is_of_trial(f.environment_id, f.customer_id, f.meter_id, f.bucket)
    order by f.due_at limit max_rows for update of f skip locked
  ), moved as (
    delete from public.usage_forwards f using late l
    where f.environment_id = l.environment_id and f.id = l.id
    returning f.environment_id, f.id, f.customer_id, f.meter_id, f.quantity, l.billed_until
  )
  insert into public.usage_forwards (environment_id, id, customer_id, meter_id, bucket, quantity, state, due_at)
  select o.environment_id, min(o.id), o.customer_id, o.meter_id, o.billed_until, sum(o.quantity), 'open', at
  from moved o
  group by o.environment_id, o.customer_id, o.meter_id, o.billed_until
  order by o.environment_id, o.customer_id, o.meter_id, o.billed_until
  on conflict (environment_id, customer_id, meter_id, bucket) where state = 'open' do update
  set quantity = usage_forwards.quantity + excluded.quantity, due_at = least(usage_forwards.due_at, excluded.due_at);

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
    returning f.environment_id, f.id, f.customer_id, f.meter_id, f.bucket, f.quantity, f.absolute,
      f.first_attempt_at, f.attempts, f.state
  ), rest as (
    insert into public.usage_forwards (environment_id, id, customer_id, meter_id, bucket, quantity, state, due_at)
    select d.environment_id, rest_ids[d.row], d.customer_id, d.meter_id, d.bucket, d.quantity - floor(d.quantity), 'open',
           at + interval '1 minute'
    from due d
    where d.state = 'open' and floor(d.quantity) <> 0 and d.quantity <> floor(d.quantity)
    on conflict (environment_id, customer_id, meter_id, bucket) where state = 'open' do update
    set quantity = usage_forwards.quantity + excluded.quantity
  )
  select z.environment_id, z.id, z.customer_id, z.meter_id, c.stripe_customer_id, m.key, z.bucket, z.quantity,
         z.absolute, z.first_attempt_at, z.attempts,
         p.period_end <= at and not app.is_of_trial(z.environment_id, z.customer_id, z.meter_id, z.bucket)
  from frozen z
  cross join lateral app.usage_period(z.environment_id, z.customer_id, z.meter_id, z.bucket) p
  join public.customers c on c.environment_id = z.environment_id and c.id = z.customer_id
  join public.meters m on m.environment_id = z.environment_id and m.id = z.meter_id
  where z.state = 'sending';
end $$;

revoke execute on function app.claim_usage_forwards from public;
grant execute on function app.claim_usage_forwards to billingos_api;
