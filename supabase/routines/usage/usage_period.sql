-- The period in which a customer's use of a meter at a point in time counts: the subscription's, else the calendar month.
-- No definer and no settings of its own: within the functions that use it, the planner sees through it.
create or replace function app.usage_period(for_environment text, for_customer text, for_meter text, at timestamptz)
returns table (period_start timestamptz, period_end timestamptz)
language sql stable
as $$
  select coalesce(p.period_start, date_trunc('month', at, 'UTC')),
         coalesce(p.period_end, (date_trunc('month', at at time zone 'UTC') + interval '1 month') at time zone 'UTC')
  from (select 1) always
  left join lateral (
    select e.billing_anchor, e.interval, e.interval_count
    from public.entitlements e
    join public.features f on f.environment_id = e.environment_id and f.id = e.feature_id
    where e.environment_id = for_environment and e.customer_id = for_customer and f.meter_id = for_meter
    order by e.granted_at, e.id
    limit 1
  ) g on true
  left join lateral app.period_around(g.billing_anchor, g.interval, g.interval_count, at) p on g.billing_anchor is not null
$$;

revoke execute on function app.usage_period from public;
grant execute on function app.usage_period to billingos_api;
