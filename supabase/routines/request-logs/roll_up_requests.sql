-- Adds up what got calls since: at most so many minutes. Returns how many there were. One at a time: who does not get the
-- lock has nothing to do.
create or replace function app.roll_up_requests(max_minutes int)
returns int
language plpgsql security definer set search_path = ''
as $$
declare
  e text[]; m timestamptz[]; taken text[];
begin
  if not pg_try_advisory_xact_lock(hashtext('app.roll_up_requests')) then
    return 0;
  end if;
  with minutes as (
    select d.environment_id, d.minute from public.request_rollups_due d
    group by d.environment_id, d.minute order by min(d.id) limit max_minutes
  ), gone as (
    delete from public.request_rollups_due d using minutes
    where d.environment_id = minutes.environment_id and d.minute = minutes.minute
  )
  select array_agg(minutes.environment_id), array_agg(minutes.minute) into e, m from minutes;
  if e is null then
    return 0;
  end if;
  -- What is read now is at least what the rows that were taken stood for: later calls bring rows of their own.
  perform app.roll_up_unit(e, m, 'minute');
  perform app.roll_up_unit(e, array(select date_trunc('hour', t.at, 'UTC') from unnest(m) with ordinality as t (at, pos) order by t.pos), 'hour');
  perform app.roll_up_unit(e, array(select date_trunc('day', t.at, 'UTC') from unnest(m) with ordinality as t (at, pos) order by t.pos), 'day');
  return cardinality(e);
end $$;

revoke execute on function app.roll_up_requests from public;
grant execute on function app.roll_up_requests to billingos_api;
