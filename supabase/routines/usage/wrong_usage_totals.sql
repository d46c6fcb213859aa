-- The totals, of those that changed since, that are not what their events add up to. Of more than may be read at once some
-- are drawn, others the next time. Stable, so that totals and events are of one moment, whatever is recorded meanwhile.
create or replace function app.wrong_usage_totals(
  for_environment text, changed_since timestamptz, totals_max int, events_max bigint
) returns table (customer_id text, meter_id text, period_start timestamptz, kept numeric, summed numeric)
-- For each total its events by their index, however few rows a new table has.
language sql stable security definer set search_path = ''
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
  select c.customer_id, c.meter_id, c.period_start, c.value, coalesce(t.value, 0)
  from (
    select r.*, row_number() over drawn as place, sum(r.event_count) over drawn - r.event_count as events_before
    from (
      select u.*, random() as draw from public.usage_records u
      where u.environment_id = for_environment and u.updated_at >= changed_since and u.frozen_at is null
        and u.event_count <= events_max
    ) r
    window drawn as (order by r.draw rows between unbounded preceding and current row)
  ) c
  join public.meters m on m.environment_id = for_environment and m.id = c.meter_id
  cross join lateral (
    select case m.aggregation
             when 'max' then max(e.amount) filter (where e.kind = 'usage')
             when 'unique' then count(distinct e.value_hash)
             when 'latest' then (array_agg(e.amount order by e.occurred_at desc, e.received_at desc, e.id desc)
                                 filter (where e.kind = 'usage'))[1]
             else sum(e.amount)
           end as value,
           count(*) as event_count
    from (
      select o.kind, o.occurred_at, o.received_at, o.id,
             app.usage_amount(o.kind, m.aggregation, m.property, o.value, o.properties) as amount,
             case when m.aggregation = 'unique' and o.kind = 'usage'
               then app.unique_value_hash(m.property, o.properties) end as value_hash
      from public.usage_events o
      where o.environment_id = for_environment and o.customer_id = c.customer_id and o.meter_id = c.meter_id
        -- What counts late is at most 35 days old.
        and o.occurred_at >= c.period_start - interval '36 days'
        and o.period_start = c.period_start and o.uncounted is null
    ) e
  ) t
  where c.place <= totals_max and c.events_before < events_max
    and (c.value is distinct from coalesce(t.value, 0) or c.event_count is distinct from t.event_count)
$$;

revoke execute on function app.wrong_usage_totals from public;
grant execute on function app.wrong_usage_totals to billingos_api;
