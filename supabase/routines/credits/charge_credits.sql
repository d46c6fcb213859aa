-- Burns credits for what was used since `before` beyond the direct limit. What no credit pays for stays overage. What
-- credits paid for, Stripe's meter is not told: it would be charged twice.
create or replace function app.charge_credits(before jsonb, at timestamptz) returns void
language plpgsql set search_path = ''
as $$
declare
  line record;
  feature public.features;
  granted jsonb;
  used_now numeric;
  direct_limit numeric;
  covered numeric;
  paid numeric;
  waiting record;
begin
  for line in
    select * from jsonb_to_recordset(before) as b(
      environment_id text, customer_id text, meter_id text, period_start timestamptz, used numeric)
  loop
    select * into feature from public.features f
    where f.environment_id = line.environment_id and f.meter_id = line.meter_id and f.credit_cost is not null;
    continue when not found;
    select r.value into used_now from public.usage_records r
    where r.environment_id = line.environment_id and r.customer_id = line.customer_id and r.meter_id = line.meter_id
      and r.period_start = line.period_start;
    continue when not found or used_now <= line.used;
    granted := app.entitlement_snapshot(line.environment_id, line.customer_id, at) -> 'features' -> feature.key;
    continue when granted is null or granted -> 'limit' = 'null'::jsonb;
    -- Of the first paid period, what a trial left of the limit.
    direct_limit := greatest(0, (granted ->> 'limit')::numeric - case
      when (granted ->> 'period_start')::timestamptz = line.period_start
      then coalesce((granted #>> '{carried,quantity}')::numeric, 0) else 0 end);

    select coalesce(max(d.units), 0) into covered from public.credit_draws d
    where d.environment_id = line.environment_id and d.customer_id = line.customer_id and d.meter_id = line.meter_id
      and d.period_start = line.period_start;
    paid := greatest(0, used_now - covered - direct_limit) - greatest(0, line.used - covered - direct_limit);
    continue when paid = 0;
    paid := app.burn_credits(
      line.environment_id, line.customer_id, line.meter_id, line.period_start, paid, feature.credit_cost, at);

    for waiting in
      select f.id, f.quantity from public.usage_forwards f
      where f.environment_id = line.environment_id and f.customer_id = line.customer_id and f.meter_id = line.meter_id
        and f.state = 'open' and f.bucket >= line.period_start and f.quantity > 0
      order by f.bucket desc for update
    loop
      exit when paid = 0;
      update public.usage_forwards f set quantity = f.quantity - least(paid, waiting.quantity)
      where f.environment_id = line.environment_id and f.id = waiting.id;
      paid := paid - least(paid, waiting.quantity);
    end loop;
  end loop;
end $$;

revoke execute on function app.charge_credits from public;
