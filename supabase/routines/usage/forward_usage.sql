-- Adds use to what Stripe is to be told of meters that add up; of each event the quantity, or null to leave it out. By
-- event time, so that Stripe counts the use in the period it happened in: a bucket that began before the period begins
-- with it. Due by arrival.
create or replace function app.forward_usage(
  environment_ids text[], customer_ids text[], meter_ids text[], period_starts timestamptz[], forward_ids text[],
  quantities numeric[], occurred_at timestamptz[], forward_seconds int
) returns void
language sql set search_path = ''
as $$
  insert into public.usage_forwards (environment_id, id, customer_id, meter_id, bucket, quantity, state, due_at)
  select i.env, min(i.forward_id), i.customer, i.meter, b.bucket, sum(i.quantity), 'open',
         b.bucket + make_interval(secs => forward_seconds)
  from unnest(environment_ids, customer_ids, meter_ids, period_starts, forward_ids, quantities, occurred_at)
    as i (env, customer, meter, period_start, forward_id, quantity, occurred)
  cross join lateral (
    select greatest(
      i.period_start, date_bin(make_interval(secs => forward_seconds), i.occurred, 'epoch'::timestamptz))
  ) b (bucket)
  where i.quantity is not null
  group by i.env, i.customer, i.meter, b.bucket
  order by i.env, i.customer, i.meter, b.bucket
  on conflict (environment_id, customer_id, meter_id, bucket) where state = 'open' do update
  set quantity = usage_forwards.quantity + excluded.quantity;
$$;

revoke execute on function app.forward_usage from public;
