-- Makes the monthly partitions of a table of many tenants: so many months back, to two ahead. Part of others, with their
-- rights, which call it as soon as they are there: this file is applied before theirs, in the order of names.
create or replace function app.ensure_month_partitions(parent text, months_back int, at timestamptz)
returns void
language plpgsql set search_path = ''
as $$
declare
  first_month date := date_trunc('month', at at time zone 'UTC')::date;
  month date;
  partition text;
begin
  for month in select (first_month + make_interval(months => i))::date from generate_series(-months_back, 2) i loop
    partition := parent || '_' || to_char(month, 'YYYY_MM');
    if to_regclass('public.' || partition) is null then
      execute format(
        'create table public.%I partition of public.%I for values from (%L) to (%L)',
        partition, parent, month::timestamp at time zone 'UTC', (month + interval '1 month')::timestamp at time zone 'UTC');
      execute format('alter table public.%I enable row level security', partition);
      execute format('alter table public.%I force row level security', partition);
      -- Reached through the parent only, whose policy applies then.
      execute format('create policy tenant on public.%I to billingos_api using (environment_id = (select app.environment_id()))', partition);
    end if;
  end loop;
end $$;

revoke execute on function app.ensure_month_partitions from public;
