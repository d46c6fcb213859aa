-- Uses `confirmed_units` of what is held and gives the rest back; null gives all of it back. outcome: settled now;
-- repeated (it was settled so before); other (it was settled otherwise); expired; too_many; not_found.
create or replace function app.settle_reservation(
  for_environment text, reservation_id text, confirmed_units numeric, new_event_id text, new_customer_id text,
  new_forward_id text, forward_seconds int, at timestamptz
) returns table (
  outcome text, event_id text, version bigint, customer_id text, cache_key text, meter_id text,
  period_start timestamptz, used numeric, usage_version bigint
)
language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  held public.usage_reservations;
  becomes text := case when confirmed_units is null then 'released' else 'confirmed' end;
  refusal text;
  recorded record;
  next_version bigint;
  name text;
begin
  select * into held from public.usage_reservations v
  where v.environment_id = for_environment and v.id = reservation_id for update;
  refusal := case
    when held.id is null then 'not_found'
    when held.state = becomes and held.confirmed is not distinct from confirmed_units then 'repeated'
    when held.state <> 'held' then 'other'
    when confirmed_units is not null and held.expires_at <= at then 'expired'
    when confirmed_units > held.quantity then 'too_many'
  end;
  if refusal is not null then
    return query select refusal, held.event_id, null::bigint, held.customer_id, null::text, held.meter_id,
      null::timestamptz, null::numeric, null::bigint;
    return;
  end if;

  select null::text as event_id, null::timestamptz as period_start, null::numeric as used, null::bigint as usage_version
  into recorded;
  if confirmed_units > 0 then
    -- The reservation's id is the event's key: it counts once, whatever is repeated.
    select r.event_id, r.period_start, r.used, r.usage_version into recorded
    from public.meters m
    cross join lateral app.record_unusual_usage(
      array[for_environment], array[held.id], array[sha256(convert_to(confirmed_units::text, 'UTF8'))],
      array[new_event_id], array[held.customer_id], array[new_customer_id], array[m.key], array[confirmed_units],
      array[at], array[null::jsonb], array[new_forward_id], forward_seconds, at) r
    where m.environment_id = for_environment and m.id = held.meter_id;
  end if;
  update public.usage_reservations v
  set state = becomes, confirmed = confirmed_units, event_id = recorded.event_id, settled_at = at
  where v.environment_id = for_environment and v.id = reservation_id;
  update public.customers c set entitlements_version = c.entitlements_version + 1
  where c.environment_id = for_environment and c.id = held.customer_id
  returning c.entitlements_version, coalesce(c.external_id, c.id) into next_version, name;
  return query select 'settled', recorded.event_id, next_version, held.customer_id, name, held.meter_id,
    recorded.period_start, recorded.used, recorded.usage_version;
end $$;

revoke execute on function app.settle_reservation from public;
grant execute on function app.settle_reservation to billingos_api;
