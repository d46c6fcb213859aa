-- Takes away what is older than its environment keeps it, at most so many rows of each kind, and months that nobody keeps.
-- Minutes are kept for two days, hours for 90, days for 400.
create or replace function app.purge_request_logs(at timestamptz, max_rows int)
returns int
language plpgsql security definer set search_path = ''
as $$
declare
  removed int; total int := 0; month date; old_partition text;
begin
  for old_partition in
    select c.relname from pg_catalog.pg_inherits i
    join pg_catalog.pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'public.request_logs'::regclass and c.relname ~ '^request_logs_\d{4}_\d{2}$'
  loop
    month := to_date(right(old_partition, 7), 'YYYY_MM');
    if (month + interval '1 month') at time zone 'UTC' <= at - interval '90 days' then
      execute format('drop table public.%I', old_partition);
    end if;
  end loop;

  delete from public.request_logs l using (
    select r.environment_id, r.id, r.occurred_at
    from public.environments e
    left join public.request_log_settings s on s.environment_id = e.id
    cross join lateral (
      select l.environment_id, l.id, l.occurred_at from public.request_logs l
      where l.environment_id = e.id and l.occurred_at < at - make_interval(days => coalesce(s.retention_days, 30))
      limit max_rows
    ) r
    limit max_rows
  ) old
  where l.environment_id = old.environment_id and l.id = old.id and l.occurred_at = old.occurred_at;
  get diagnostics removed = row_count;
  total := total + removed;

  delete from public.request_rollups r
  where r.ctid = any (array(
    select o.ctid from public.request_rollups o
    where (o.unit = 'minute' and o.bucket < at - interval '2 days')
       or (o.unit = 'hour' and o.bucket < at - interval '90 days')
       or (o.unit = 'day' and o.bucket < at - interval '400 days')
    limit max_rows));
  get diagnostics removed = row_count;
  total := total + removed;

  delete from public.request_log_keys k
  where k.ctid = any (array(
    select o.ctid from public.request_log_keys o where o.received_at < at - interval '48 hours' limit max_rows));
  get diagnostics removed = row_count;
  return total + removed;
end $$;

revoke execute on function app.purge_request_logs from public;
grant execute on function app.purge_request_logs to billingos_api;
