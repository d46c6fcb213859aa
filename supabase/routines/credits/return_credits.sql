-- Gives back what credits paid for use that is corrected away, once a period's total has come down to `used` by `taken`:
-- first what nobody paid for falls away, then what credits paid for, as if the use had never been reported. To the grants
-- that it was burned from, the newest burn first, at what a unit of the period cost on average. What comes back to a grant
-- that is void or has expired is taken or written off with it. Whoever calls has locked the pool. Says how many units were
-- given back.
create or replace function app.return_credits(
  for_environment text, for_customer text, for_meter text, for_period timestamptz, used numeric, taken numeric,
  at timestamptz
) returns numeric
language plpgsql set search_path = ''
as $$
declare
  covered numeric;
  burned numeric;
  granted jsonb;
  direct_limit numeric;
  given numeric;
  owed numeric;
  back numeric;
  returned_before numeric := 0;
  earlier record;
begin
  select d.units into covered from public.credit_draws d
  where d.environment_id = for_environment and d.customer_id = for_customer and d.meter_id = for_meter
    and d.period_start = for_period;
  if coalesce(covered, 0) = 0 then
    return 0;
  end if;
  select s.value into granted
  from jsonb_each(app.entitlement_snapshot(for_environment, for_customer, at) -> 'features') s
  where s.value ->> 'meter_id' = for_meter and s.value ? 'credit_cost';
  -- Where no limit holds any more, there is no more to give back than was never used.
  -- Of the first paid period, what a trial left of it.
  direct_limit := greatest(0, coalesce((granted ->> 'limit')::numeric, 0) - case
    when (granted ->> 'period_start')::timestamptz = for_period
    then coalesce((granted #>> '{carried,quantity}')::numeric, 0) else 0 end);
  given := least(taken, greatest(0, covered - greatest(0, used - direct_limit)));
  if given = 0 then
    return 0;
  end if;

  select -sum(e.quantity) into burned from public.credit_entries e
  where e.environment_id = for_environment and e.customer_id = for_customer and e.meter_id = for_meter
    and e.period_start = for_period and e.kind in ('burn', 'refund');
  owed := case when given = covered then burned else round(burned * given / covered, 12) end;
  update public.credit_draws d set units = d.units - given
  where d.environment_id = for_environment and d.customer_id = for_customer and d.meter_id = for_meter
    and d.period_start = for_period;

  for earlier in
    select e.kind, abs(e.quantity) as quantity, g.id, g.voided_at, g.expires_at
    from public.credit_entries e
    join public.credit_grants g on g.environment_id = e.environment_id and g.id = e.grant_id
    where e.environment_id = for_environment and e.customer_id = for_customer and e.meter_id = for_meter
      and e.period_start = for_period and e.kind in ('burn', 'refund')
    order by e.id desc
  loop
    exit when owed = 0;
    if earlier.kind = 'refund' then
      returned_before := returned_before + earlier.quantity;
      continue;
    end if;
    -- What was given back before came from the burns just before it.
    back := least(owed, greatest(0, earlier.quantity - returned_before));
    returned_before := greatest(0, returned_before - earlier.quantity);
    continue when back = 0;
    owed := owed - back;
    perform app.move_credits(for_environment, earlier.id, 'refund', back, at, for_meter, for_period);
    if earlier.voided_at is not null then
      perform app.move_credits(for_environment, earlier.id, 'void', -back, at, null, null);
    elsif earlier.expires_at <= at then
      perform app.move_credits(for_environment, earlier.id, 'expire', -back, at, null, null);
    end if;
  end loop;
  -- There is more than snapshots know.
  update public.customers c set entitlements_version = c.entitlements_version + 1
  where c.environment_id = for_environment and c.id = for_customer;
  return given;
end $$;

revoke execute on function app.return_credits from public;
