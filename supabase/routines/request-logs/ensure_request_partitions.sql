-- Makes the monthly partitions that calls may fall into: one month back to two ahead.
create or replace function app.ensure_request_partitions(at timestamptz)
returns void
language sql security definer set search_path = ''
as $$ select app.ensure_month_partitions('request_logs', 1, at) $$;

revoke execute on function app.ensure_request_partitions from public;
grant execute on function app.ensure_request_partitions to billingos_api;

select app.ensure_request_partitions(now());
