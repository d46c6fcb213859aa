-- Adds a signed quantity to a total, for what was reported wrongly. outcome: accepted, duplicate, conflict, no_meter,
-- no_customer, below_zero. Credits pay for what it adds beyond the limit, and come back for what it takes away.
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
  -- What Stripe is told: credits pay for what is left of it.
  told numeric := quantity;
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

  if customer.has_credits then
    -- Before any key or total, as whoever records does.
    perform app.lock_credits(for_environment, customer.id, at);
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
  is_late := period.period_end + grace <= at
    and not app.is_of_trial(for_environment, customer.id, meter.id, occurred);
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

  if customer.has_credits and quantity < 0 then
    told := quantity + app.return_credits(
      for_environment, customer.id, meter.id, period.period_start, total.value, -quantity, at);
  end if;
  if customer.stripe_customer_id is not null and meter.stripe_meter_id is not null and told <> 0 then
    -- Beside the use of that time, a second later and within the period: what credits pay for is taken off use only.
    bucket_at := least(
      period.period_end - interval '1 second',
      greatest(period.period_start, date_bin(make_interval(secs => forward_seconds), occurred, 'epoch'::timestamptz))
        + interval '1 second');
    insert into public.usage_forwards (environment_id, id, customer_id, meter_id, bucket, quantity, state, due_at)
    values (for_environment, new_forward_id, customer.id, meter.id, bucket_at, told, 'open',
            greatest(at, bucket_at + make_interval(secs => forward_seconds)))
    on conflict (environment_id, customer_id, meter_id, bucket) where state = 'open' do update
    set quantity = usage_forwards.quantity + excluded.quantity;
  end if;
  if customer.has_credits and quantity > 0 then
    perform app.charge_credits(
      jsonb_build_array(jsonb_build_object(
        'environment_id', for_environment, 'customer_id', customer.id, 'meter_id', meter.id,
        'period_start', period.period_start, 'used', total.value - quantity)),
      at);
  end if;
  return query select 'accepted', new_event_id, customer.id, coalesce(customer.external_id, customer.id), meter.id,
    period.period_start, total.value, total.version, is_late;
end $$;

revoke execute on function app.correct_usage from public;
grant execute on function app.correct_usage to billingos_api;
