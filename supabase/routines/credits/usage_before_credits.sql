-- Locks the pools of the customers among those given, and says how much each had used before. Called before any key or
-- total is written, so that everybody waits in the same order; the customer first, as app.lock_credits does.
create or replace function app.usage_before_credits(
  environment_ids text[], customer_ids text[], meter_ids text[], period_starts timestamptz[], at timestamptz
) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  pool record;
begin
  perform from public.customers c
  where (c.environment_id, c.id) in (
    select p.environment_id, p.customer_id from public.credit_pools p
    join unnest(environment_ids, customer_ids) i (env, customer) on i.env = p.environment_id and i.customer = p.customer_id)
  order by c.environment_id, c.id
  for key share;
  for pool in
    select p.environment_id, p.customer_id from public.credit_pools p
    where (p.environment_id, p.customer_id) in (select i.env, i.customer from unnest(environment_ids, customer_ids) i (env, customer))
    order by p.environment_id, p.customer_id
    for update
  loop
    perform app.settle_credits(pool.environment_id, pool.customer_id, at);
  end loop;
  return (
    select jsonb_agg(jsonb_build_object(
             'environment_id', i.env, 'customer_id', i.customer, 'meter_id', i.meter, 'period_start', i.started,
             'used', coalesce(r.value, 0)) order by i.env, i.customer, i.meter, i.started)
    from (
      select distinct u.* from unnest(environment_ids, customer_ids, meter_ids, period_starts) u (env, customer, meter, started)
    ) i
    join public.credit_pools p on p.environment_id = i.env and p.customer_id = i.customer
    left join public.usage_records r
      on r.environment_id = i.env and r.customer_id = i.customer and r.meter_id = i.meter and r.period_start = i.started
    where i.meter is not null);
end $$;

revoke execute on function app.usage_before_credits from public;
