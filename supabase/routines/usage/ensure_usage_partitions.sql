-- Makes the monthly partitions that events may fall into: two months back to two ahead.
create or replace function app.ensure_usage_partitions(at timestamptz)
returns void
language sql security definer set search_path = ''
as $$ select app.ensure_month_partitions('usage_events', 2, at) $$;

revoke execute on function app.ensure_usage_partitions from public;
grant execute on function app.ensure_usage_partitions to billingos_api;

select app.ensure_usage_partitions(now());
