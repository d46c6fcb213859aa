-- Makes anew, from their events, the hours in which transactions from `low` on and below `high` took an event back: of
-- the highest and latest values nothing can be subtracted. Who calls it holds the lock, and has added the events below.
create or replace function app.remake_usage_rollups(low bigint, high bigint) returns void
language plpgsql set search_path = ''
as $$
declare
  touched record;
  breakdowns text[];
  users text[];
begin
  for touched in
    select h.*, date_trunc('day', h.hour, 'UTC') as day
    from (
      select distinct e.environment_id, e.meter_id, date_trunc('hour', e.occurred_at, 'UTC') as hour
      from public.usage_events e
      join public.meters m on m.environment_id = e.environment_id and m.id = e.meter_id
      where m.aggregation in ('max', 'latest') and e.kind = 'correction' and e.recorded_in >= low and e.recorded_in < high
    ) h
  loop
    breakdowns := array['', 'customer'] || array(
      select d.property from public.usage_rollup_properties d
      where d.environment_id = touched.environment_id and d.meter_id = touched.meter_id and d.given_up_at is null);
    users := array(
      select r."group" from public.usage_rollups r
      where r.environment_id = touched.environment_id and r.meter_id = touched.meter_id and r.unit = 'hour'
        and r.grouped_by = 'customer' and r.bucket = touched.hour);
    delete from public.usage_rollups r
    where r.environment_id = touched.environment_id and r.meter_id = touched.meter_id
      and r.unit in ('quarter', 'hour', 'day') and r.grouped_by = any (breakdowns)
      and r.bucket >= case r.unit when 'day' then touched.day else touched.hour end
      and r.bucket < touched.hour + interval '1 hour';
    -- By whose they are, an index finds the events.
    perform app.add_values_to_usage_rollups(
      format(
        'e.environment_id = %L and e.meter_id = %L and e.customer_id = any (%L) and e.occurred_at >= %L
           and e.occurred_at < %L and (e.recorded_in is null or e.recorded_in < $2)',
        touched.environment_id, touched.meter_id, users, touched.hour, touched.hour + interval '1 hour'),
      low, high);

    -- Of the day there is that hour now.
    delete from public.usage_rollups r
    where r.environment_id = touched.environment_id and r.meter_id = touched.meter_id and r.unit = 'day'
      and r.grouped_by = any (breakdowns) and r.bucket = touched.day;
    insert into public.usage_rollups
      (environment_id, meter_id, unit, grouped_by, bucket, "group", value, events, latest_occurred_at,
       latest_received_at, latest_event_id)
    select r.environment_id, r.meter_id, 'day', r.grouped_by, touched.day, r."group",
           coalesce(
             (array_agg(r.value order by r.latest_occurred_at desc, r.latest_received_at desc, r.latest_event_id desc)
              filter (where r.latest_event_id is not null))[1],
             max(r.value)),
           sum(r.events), max(r.latest_occurred_at),
           (array_agg(r.latest_received_at
                      order by r.latest_occurred_at desc, r.latest_received_at desc, r.latest_event_id desc))[1],
           (array_agg(r.latest_event_id
                      order by r.latest_occurred_at desc, r.latest_received_at desc, r.latest_event_id desc))[1]
    from public.usage_rollups r
    where r.environment_id = touched.environment_id and r.meter_id = touched.meter_id and r.unit = 'hour'
      and r.grouped_by = any (breakdowns)
      and r.bucket >= touched.day and r.bucket < touched.day + interval '24 hours'
    group by 1, 2, 4, 6;
  end loop;
end $$;

revoke execute on function app.remake_usage_rollups from public;
