-- What counts against the limits of a period beside its own use: that of a trial, in the first paid one. `as` says how it
-- goes together with the period's own total: `sum` is added to it, `most` is what both come to at least, and `latest`
-- stands until something is reported (`usage_version` is the total's as it was read). Null: nothing. What credits paid for
-- took nothing of the trial's limit.
create or replace function app.carried_usage(
  for_environment text, for_customer text, for_meter text, of_period timestamptz
) returns jsonb
language sql stable
as $$
  with carries as materialized (
    select k.from_start
    from public.usage_carries k
    where k.environment_id = for_environment and k.customer_id = for_customer and k.period_start = of_period
      -- As app.usage_period: of several subscriptions the first says which periods count.
      and k.subscription_id = (
        select e.subscription_id
        from public.entitlements e
        join public.features f on f.environment_id = e.environment_id and f.id = e.feature_id
        where e.environment_id = for_environment and e.customer_id = for_customer and f.meter_id = for_meter
        order by e.granted_at, e.id
        limit 1)
  ), before as (
    select r.value, coalesce(d.units, 0) as credited, r.latest_occurred_at, r.latest_received_at, r.latest_event_id
    from carries k
    join public.usage_records r
      on r.environment_id = for_environment and r.customer_id = for_customer and r.meter_id = for_meter
      and r.period_start = k.from_start
    left join public.credit_draws d
      on d.environment_id = for_environment and d.customer_id = for_customer and d.meter_id = for_meter
      and d.period_start = k.from_start
  ), summed as (
    select case
             when m.aggregation in ('count', 'sum') then 'sum'
             when m.aggregation = 'latest' then 'latest'
             else 'most'
           end as way,
           case m.aggregation
             when 'max' then (select max(b.value) from before b)
             when 'unique' then (
               select count(distinct v.value_hash)
               from public.usage_unique_values v
               where v.environment_id = for_environment and v.customer_id = for_customer and v.meter_id = for_meter
                 and v.period_start in (select of_period union all select k.from_start from carries k))
             when 'latest' then (
               select b.value from before b where b.latest_event_id is not null and own.latest_event_id is null
               order by b.latest_occurred_at desc, b.latest_received_at desc, b.latest_event_id desc limit 1)
             else (select sum(greatest(0, b.value - b.credited)) from before b)
           end as quantity,
           coalesce(own.version, 0) as usage_version
    from public.meters m
    left join public.usage_records own
      on own.environment_id = for_environment and own.customer_id = for_customer and own.meter_id = for_meter
      and own.period_start = of_period
    where m.environment_id = for_environment and m.id = for_meter and exists (select from before)
  )
  select jsonb_build_object('as', s.way, 'quantity', s.quantity, 'usage_version', s.usage_version)
  from summed s
  where s.quantity > 0
$$;

revoke execute on function app.carried_usage from public;
