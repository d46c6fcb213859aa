-- Pays for units, as far as the pool goes, in the order in which credits are burned: lowest priority number, rollovers
-- before all else, the shortest interval, the soonest to expire, and what never expires last. Says how many were paid.
create or replace function app.burn_credits(
  for_environment text, for_customer text, for_meter text, for_period timestamptz, units numeric, cost numeric,
  at timestamptz
) returns numeric
language plpgsql set search_path = ''
as $$
declare
  paid numeric;
  owed numeric;
  next_grant record;
begin
  select least(units, div(coalesce(sum(g.remaining), 0) * 1000000000000, cost) / 1000000000000) into paid
  from public.credit_grants g
  where g.environment_id = for_environment and g.customer_id = for_customer and g.remaining > 0
    and g.effective_at <= at and (g.expires_at is null or g.expires_at > at);
  if paid = 0 then
    return 0;
  end if;
  owed := paid * cost;
  for next_grant in
    select g.id, g.remaining from public.credit_grants g
    where g.environment_id = for_environment and g.customer_id = for_customer and g.remaining > 0
      and g.effective_at <= at and (g.expires_at is null or g.expires_at > at)
    order by g.priority, (g.source = 'rollover') desc,
      case when g.source <> 'rollover' then
        g.interval_count * case g."interval" when 'day' then 1 when 'week' then 7 when 'month' then 30 else 365 end end
        nulls last,
      g.expires_at nulls last, g.id
  loop
    perform app.move_credits(
      for_environment, next_grant.id, 'burn', -least(owed, next_grant.remaining), at, for_meter, for_period);
    owed := owed - least(owed, next_grant.remaining);
    exit when owed = 0;
  end loop;
  insert into public.credit_draws (environment_id, customer_id, meter_id, period_start, units)
  values (for_environment, for_customer, for_meter, for_period, paid)
  on conflict on constraint credit_draws_pkey do update set units = credit_draws.units + excluded.units;
  return paid;
end $$;

revoke execute on function app.burn_credits from public;
