-- Takes an event back out of a total that cannot be subtracted from, and works the total out anew. Only while its period
-- takes events. outcome: accepted, duplicate, conflict; no_event, additive (say by how much instead), uncounted (there
-- is nothing to take back), closed.
create or replace function app.retract_usage(
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

revoke execute on function app.retract_usage from public;
grant execute on function app.retract_usage to billingos_api;
