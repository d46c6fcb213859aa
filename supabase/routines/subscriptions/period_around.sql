-- The rule of app.period_at, as an expression: within a statement the planner sees through it, and it costs a quarter of a
-- call.
create or replace function app.period_around(anchor timestamptz, unit text, every int, at timestamptz)
returns table (period_start timestamptz, period_end timestamptz)
language sql immutable parallel safe
as $$
  select (p.start_at + p.n * p.step) at time zone 'UTC', (p.start_at + (p.n + 1) * p.step) at time zone 'UTC'
  from (
    select g.start_at, g.step, case when g.start_at + g.n * g.step > g.point then g.n - 1 else g.n end as n
    from (
      select a.start_at, a.point, a.step,
             case
               when unit in ('day', 'week') then floor(date_part('epoch', a.point - a.start_at) / date_part('epoch', a.step))
               else floor(
                 ((date_part('year', a.point) - date_part('year', a.start_at)) * 12
                   + date_part('month', a.point) - date_part('month', a.start_at))
                 / (every * case unit when 'year' then 12 else 1 end))
             end as n
      from (
        select anchor at time zone 'UTC' as start_at, at at time zone 'UTC' as point,
               case unit
                 when 'day' then make_interval(days => every)
                 when 'week' then make_interval(days => 7 * every)
                 when 'month' then make_interval(months => every)
                 when 'year' then make_interval(months => 12 * every)
               end as step
        offset 0
      ) a
      offset 0
    ) g
    offset 0
  ) p
$$;

revoke execute on function app.period_around from public;
grant execute on function app.period_around to billingos_api;
