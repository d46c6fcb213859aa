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

revoke execute on function app.tell_usage_value from public;
