-- What the total of a meter was when a window began, from the events that came since, of what counts. A total that is no
-- sum has no part that a window took: a cap looks at all of it.
create or replace function app.window_base(
  for_environment text, for_customer text, for_meter text, window_start timestamptz, total numeric
) returns numeric
language sql stable
as $$
  select case
    when m.aggregation in ('count', 'sum') then
      total - coalesce((
        select sum(app.usage_amount(e.kind, m.aggregation, m.property, e.value, e.properties))
        from public.usage_events e
        where e.environment_id = for_environment and e.customer_id = for_customer and e.meter_id = for_meter
          and e.occurred_at >= window_start and e.uncounted is null), 0)
    else 0
  end
  from public.meters m
  where m.environment_id = for_environment and m.id = for_meter
$$;

revoke execute on function app.window_base from public;
