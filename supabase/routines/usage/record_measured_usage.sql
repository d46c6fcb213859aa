-- Stores events of meters that are not plain, of the events given those whose `fresh` is true, and makes them part of
-- their totals, unless they do not count. Part of app.record_usage, with its rights.
create or replace function app.record_measured_usage(
  environment_ids text[], keys text[], event_ids text[], quantities numeric[], occurred_at timestamptz[],
  properties jsonb[], forward_ids text[], customer_ids text[], meter_ids text[], period_starts timestamptz[],
  period_ends timestamptz[], lates boolean[], linked boolean[], fresh boolean[], forward_seconds int, at timestamptz
) returns table ("position" int, used numeric, usage_version bigint)
language plpgsql set search_path = ''
as $$
#variable_conflict use_column
declare
  answers jsonb;
  told record;
begin
  with measured as materialized (
    select i.*, m.aggregation,
           app.why_uncounted(m.filters, m.aggregation, m.property, i.props) as why,
           app.usage_amount('usage', m.aggregation, m.property, i.quantity, i.props) as amount,
           case m.aggregation when 'unique' then app.unique_value_hash(m.property, i.props) end as value_hash
    from unnest(environment_ids, keys, event_ids, quantities, occurred_at, properties, forward_ids, customer_ids,
                meter_ids, period_starts, period_ends, lates, linked, fresh)
      with ordinality as i (env, key, event_id, quantity, occurred, props, forward_id, customer, meter, period_start,
                            period_end, late, linked, fresh, pos)
    join public.meters m on m.environment_id = i.env and m.id = i.meter
    where i.fresh
  ), events as (
    insert into public.usage_events
      (environment_id, id, idempotency_key, customer_id, meter_id, value, properties, occurred_at, received_at, period_start,
       late, uncounted)
    select c.env, c.event_id, c.key, c.customer, c.meter, c.quantity, c.props, c.occurred, at, c.period_start, c.late, c.why
    from measured c
  ), asked as materialized (
    select c.env, c.customer, c.meter, c.period_start, c.value_hash, count(*) as events
    from measured c
    where c.why is null and c.value_hash is not null
    group by 1, 2, 3, 4, 5
  ), seen as (
    insert into public.usage_unique_values
      (environment_id, customer_id, meter_id, period_start, value_hash, event_count)
    select a.env, a.customer, a.meter, a.period_start, a.value_hash, a.events
    from asked a
    order by a.env, a.customer, a.meter, a.period_start, a.value_hash
    on conflict on constraint usage_unique_values_pkey do update
    set event_count = usage_unique_values.event_count + excluded.event_count
    returning environment_id, customer_id, meter_id, period_start, value_hash, event_count
  ), discovered as (
    -- It was not seen before, if these events are all that had it.
    select a.env, a.customer, a.meter, a.period_start, count(*) as values
    from asked a
    join seen s
      on s.environment_id = a.env and s.customer_id = a.customer and s.meter_id = a.meter
      and s.period_start = a.period_start and s.value_hash = a.value_hash and s.event_count = a.events
    group by 1, 2, 3, 4
  ), additions as (
    select c.env, c.customer, c.meter, c.period_start, max(c.period_end) as period_end, count(*) as events,
           case c.aggregation
             when 'max' then max(c.amount)
             when 'unique' then coalesce(max(d.values), 0)
             when 'latest' then (array_agg(c.amount order by c.occurred desc, c.event_id desc))[1]
             else sum(c.amount)
           end as value,
           case c.aggregation when 'latest' then max(c.occurred) end as latest,
           case c.aggregation when 'latest' then (array_agg(c.event_id order by c.occurred desc, c.event_id desc))[1] end
             as latest_event
    from measured c
    left join discovered d
      on d.env = c.env and d.customer = c.customer and d.meter = c.meter and d.period_start = c.period_start
    where c.why is null
    group by c.env, c.customer, c.meter, c.period_start, c.aggregation
  ), totals as (
    insert into public.usage_records as r
      (environment_id, customer_id, meter_id, period_start, period_end, value, event_count, updated_at,
       latest_occurred_at, latest_received_at, latest_event_id)
    select a.env, a.customer, a.meter, a.period_start, a.period_end, a.value, a.events, at,
           a.latest, case when a.latest is not null then at end, a.latest_event
    from additions a
    order by a.env, a.customer, a.meter, a.period_start
    on conflict on constraint usage_records_pkey do update
    set (value, latest_occurred_at, latest_received_at, latest_event_id) = (
          select case
                   when m.aggregation = 'max' then greatest(r.value, excluded.value)
                   when m.aggregation <> 'latest' then r.value + excluded.value
                   when later.it_is then excluded.value
                   else r.value
                 end,
                 case when later.it_is then excluded.latest_occurred_at else r.latest_occurred_at end,
                 case when later.it_is then excluded.latest_received_at else r.latest_received_at end,
                 case when later.it_is then excluded.latest_event_id else r.latest_event_id end
          from public.meters m
          cross join lateral (
            select (excluded.latest_occurred_at, excluded.latest_received_at, excluded.latest_event_id)
                     > (r.latest_occurred_at, r.latest_received_at, r.latest_event_id) is not false as it_is
          ) later
          where m.environment_id = excluded.environment_id and m.id = excluded.meter_id
        ),
        event_count = r.event_count + excluded.event_count,
        version = r.version + 1,
        updated_at = excluded.updated_at
    returning r.environment_id, r.customer_id, r.meter_id, r.period_start, r.value, r.version
  )
  select jsonb_agg(jsonb_build_array(
           c.pos, t.value, t.version,
           case when c.why is null and c.linked and c.aggregation in ('count', 'sum') then c.amount end))
  into answers
  from measured c
  left join totals t
    on c.why is null and t.environment_id = c.env and t.customer_id = c.customer and t.meter_id = c.meter
    and t.period_start = c.period_start;

  if true = any (linked) then
    perform app.forward_usage(
      environment_ids, customer_ids, meter_ids, period_starts, forward_ids,
      (select array_agg((a ->> 3)::numeric order by i.pos)
       from unnest(event_ids) with ordinality as i (event_id, pos)
       left join jsonb_array_elements(answers) a on (a ->> 0)::int = i.pos),
      occurred_at, forward_seconds);
  end if;

  -- Every total is locked now, so what is read here is what it is.
  for told in
    select distinct on (i.env, i.customer, i.meter, i.period_start)
      i.env, i.customer, i.meter, i.forward_id, r.period_start, r.period_end, r.value
    from unnest(environment_ids, customer_ids, meter_ids, period_starts, forward_ids, linked, fresh)
      as i (env, customer, meter, period_start, forward_id, linked, fresh)
    join public.meters m
      on m.environment_id = i.env and m.id = i.meter and m.aggregation in ('max', 'unique', 'latest')
    join public.usage_records r
      on r.environment_id = i.env and r.customer_id = i.customer and r.meter_id = i.meter
      and r.period_start = i.period_start
    where i.fresh and i.linked
    order by i.env, i.customer, i.meter, i.period_start
  loop
    perform app.tell_usage_value(
      told.env, told.customer, told.meter, told.period_start, told.period_end, told.value, told.forward_id,
      forward_seconds, at);
  end loop;

  return query
  select (a ->> 0)::int, (a ->> 1)::numeric, (a ->> 2)::bigint from jsonb_array_elements(answers) a;
end $$;

revoke execute on function app.record_measured_usage from public;
