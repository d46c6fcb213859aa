-- The values of totals that are frozen are not needed any more: they are counted. A part at a time.
create or replace function app.forget_unique_values(max_rows int) returns void
language sql security definer set search_path = ''
as $$
  delete from public.usage_unique_values v
  where v.ctid = any (array(
    select o.ctid from public.usage_unique_values o
    join public.usage_records r
      on r.environment_id = o.environment_id and r.customer_id = o.customer_id and r.meter_id = o.meter_id
      and r.period_start = o.period_start
    where r.frozen_at is not null
    limit max_rows))
$$;

revoke execute on function app.forget_unique_values from public;
grant execute on function app.forget_unique_values to billingos_api;
