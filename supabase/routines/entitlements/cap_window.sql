-- The window of a cap that contains `at`. In UTC, weeks begin on Monday.
create or replace function app.cap_window(unit text, at timestamptz, out window_start timestamptz, out window_end timestamptz)
language sql stable
as $$
  select date_trunc(unit, at, 'UTC'), (date_trunc(unit, at at time zone 'UTC') + ('1 ' || unit)::interval) at time zone 'UTC'
$$;

revoke execute on function app.cap_window from public;
