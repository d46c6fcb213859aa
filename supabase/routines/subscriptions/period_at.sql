-- The period that contains `at`, of those that begin at `anchor` and last `every` units. Counted from the anchor each
-- time, so that an anchor on the 31st comes back to the 31st after a shorter month. In UTC, as Stripe does.
create or replace function app.period_at(
  anchor timestamptz, unit text, every int, at timestamptz, out period_start timestamptz, out period_end timestamptz
)
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  start_at timestamp := anchor at time zone 'UTC';
  point timestamp := at at time zone 'UTC';
  step interval := case unit
    when 'day' then make_interval(days => every)
    when 'week' then make_interval(days => 7 * every)
    when 'month' then make_interval(months => every)
    when 'year' then make_interval(months => 12 * every)
  end;
  n int;
begin
  if unit in ('day', 'week') then
    n := floor(extract(epoch from point - start_at) / extract(epoch from step));
  else
    n := floor(
      ((extract(year from point) - extract(year from start_at)) * 12
        + extract(month from point) - extract(month from start_at))
      / (every * case unit when 'year' then 12 else 1 end));
    -- The month counts, but the day or the hour within it may not have come yet.
    if start_at + n * step > point then
      n := n - 1;
    end if;
  end if;
  period_start := (start_at + n * step) at time zone 'UTC';
  period_end := (start_at + (n + 1) * step) at time zone 'UTC';
end $$;

revoke execute on function app.period_at from public;
grant execute on function app.period_at to billingos_api;
