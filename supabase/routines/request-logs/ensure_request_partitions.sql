-- Makes the monthly partitions that calls may fall into.
create or replace function app.ensure_request_partitions(at timestamptz)
returns void
language plpgsql security definer set search_path = ''
as $$
declare
  first_month date := date_trunc('month', at at time zone 'UTC')::date;
  month date;
  partition text;
begin
  for month in select (first_month + make_interval(months => i))::date from generate_series(-1, 2) i loop
    partition := 'request_logs_' || to_char(month, 'YYYY_MM');
    if to_regclass('public.' || partition) is null then
      execute format(
        'create table public.%I partition of public.request_logs for values from (%L) to (%L)',
        partition, month::timestamp at time zone 'UTC', (month + interval '1 month')::timestamp at time zone 'UTC');
      execute format('alter table public.%I enable row level security', partition);
      execute format('alter table public.%I force row level security', partition);
      -- Reached through the parent only, whose policy applies then.
      execute format('create policy tenant on public.%I to billingos_api using (environment_id = (select app.environment_id()))', partition);
    end if;
  end loop;
end $$;

revoke execute on function app.ensure_request_partitions from public;
grant execute on function app.ensure_request_partitions to billingos_api;

select app.ensure_request_partitions(now());
