-- What the events of an environment, or of one of its totals, add up to.
create or replace function app.usage_totals(
  for_environment text, for_customer text default null, for_meter text default null, for_period timestamptz default null
) returns table (
  customer_id text, meter_id text, period_start timestamptz, value numeric, event_count bigint,
  latest_occurred_at timestamptz, latest_received_at timestamptz, latest_event_id text
)
language sql stable
as $$
  select e.customer_id, e.meter_id, e.period_start,
         coalesce(case m.aggregation
           when 'max' then max(e.amount) filter (where e.kind = 'usage')
           when 'unique' then count(distinct e.value_hash)
           when 'latest' then (array_agg(e.amount order by e.occurred_at desc, e.received_at desc, e.id desc)
                               filter (where e.kind = 'usage'))[1]
           else sum(e.amount)
         end, 0),
         count(*),
         max(e.occurred_at) filter (where e.kind = 'usage' and m.aggregation = 'latest'),
         (array_agg(e.received_at order by e.occurred_at desc, e.received_at desc, e.id desc)
          filter (where e.kind = 'usage' and m.aggregation = 'latest'))[1],
         (array_agg(e.id order by e.occurred_at desc, e.received_at desc, e.id desc)
          filter (where e.kind = 'usage' and m.aggregation = 'latest'))[1]
  from public.meters m
  cross join lateral (
    select u.customer_id, u.meter_id, u.period_start, u.kind, u.occurred_at, u.received_at, u.id,
           app.usage_amount(u.kind, m.aggregation, m.property, u.value, u.properties) as amount,
           case when m.aggregation = 'unique' and u.kind = 'usage'
             then app.unique_value_hash(m.property, u.properties) end as value_hash
    from public.usage_events u
    where u.environment_id = m.environment_id and u.meter_id = m.id and u.uncounted is null
      and (for_customer is null or u.customer_id = for_customer)
      and (for_period is null or u.period_start = for_period)
  ) e
  where m.environment_id = for_environment and (for_meter is null or m.id = for_meter)
  group by m.aggregation, e.customer_id, e.meter_id, e.period_start
$$;

revoke execute on function app.usage_totals from public;
