-- Keeps where the windows of a snapshot begin, so that the events are not added up for each look. Never waits: whoever
-- comes while another one is at it goes without. Part of others, with their rights.
create or replace function app.keep_usage_windows(for_environment text, snapshot jsonb) returns void
language sql set search_path = ''
as $$
  insert into public.usage_windows as kept
    (environment_id, customer_id, meter_id, "interval", window_start, period_start, base)
  select distinct on (f.value ->> 'meter_id', cap."interval")
         for_environment, snapshot ->> 'customer_id', f.value ->> 'meter_id', cap."interval", cap.starts_at,
         (f.value ->> 'period_start')::timestamptz, cap.base
  from jsonb_each(snapshot -> 'features') f
  cross join lateral jsonb_to_recordset(nullif(f.value -> 'caps', 'null'))
    as cap ("interval" text, starts_at timestamptz, base numeric, kept boolean)
  where snapshot ->> 'customer_id' is not null and not cap.kept
    and pg_try_advisory_xact_lock(hashtextextended(
      concat_ws(' ', 'usage_windows', for_environment, snapshot ->> 'customer_id'), 0))
  on conflict (environment_id, customer_id, meter_id, "interval") do update
  set window_start = excluded.window_start, period_start = excluded.period_start, base = excluded.base
  where (excluded.window_start, excluded.period_start) > (kept.window_start, kept.period_start)
$$;

revoke execute on function app.keep_usage_windows from public;
