-- Drops the months of events that ended before `before`, as long as every total they are part of belongs to a period
-- that had ended by then; freezes those totals first. And forgets keys that no repetition can come for any more.
create or replace function app.drop_old_usage(before timestamptz, keys_before timestamptz, at timestamptz)
returns setof text
language plpgsql security definer set search_path = ''
as $$
declare
  partition record;
  is_open boolean;
begin
  for partition in
    select c.oid::regclass as name, c.relname,
           to_timestamp(right(c.relname, 7) || '+00', 'YYYY_MM+TZH') + interval '1 month' as ends
    from pg_catalog.pg_inherits i
    join pg_catalog.pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'public.usage_events'::regclass
    order by c.relname
  loop
    exit when partition.ends > before;
    execute format(
      'select exists (
         select from (select distinct environment_id, customer_id, meter_id, period_start from %s) e
         join public.usage_records r using (environment_id, customer_id, meter_id, period_start)
         where r.period_end > $1)', partition.name)
    into is_open using before;
    exit when is_open;
    execute format(
      'update public.usage_records r set frozen_at = $1
       from (select distinct environment_id, customer_id, meter_id, period_start from %s) e
       where r.environment_id = e.environment_id and r.customer_id = e.customer_id and r.meter_id = e.meter_id
         and r.period_start = e.period_start and r.frozen_at is null', partition.name) using at;
    execute format('drop table %s', partition.name);
    return next partition.relname;
  end loop;
  -- A part at a time: more of them wait for the next run.
  delete from public.usage_keys k
  where k.ctid = any (array(select o.ctid from public.usage_keys o where o.received_at < keys_before limit 50000));
end $$;

revoke execute on function app.drop_old_usage from public;
grant execute on function app.drop_old_usage to billingos_api;
