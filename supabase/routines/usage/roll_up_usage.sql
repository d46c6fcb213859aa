-- Adds up what was recorded since, about so many events at most. Returns whether there may be more. One at a time: who does
-- not get the lock has nothing to do.
create or replace function app.roll_up_usage(events_max int, values_max int, at timestamptz) returns boolean
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  low bigint;
  done bigint;
  high bigint;
  waiting bigint;
begin
  if not pg_try_advisory_xact_lock(hashtext('app.roll_up_usage')) then
    return false;
  end if;
  select s.rolled_until into low from public.usage_rollup_state s;
  -- Transactions below have ended, so all of their events are seen. One that is open for long holds back this number.
  done := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
  high := done;
  if done < low then
    raise exception 'The events come from another cluster: run rebuild:usage, which adds them up anew.';
  end if;
  loop
    -- Taking one back has an hour made anew: as much work as hundreds of them.
    select coalesce(sum(case e.kind when 'correction' then 500 else 1 end), 0) into waiting
    from public.usage_events e where e.recorded_in >= low and e.recorded_in < high;
    exit when waiting <= events_max or high - low <= 1;
    high := low + greatest(1, (high - low) * events_max / waiting);
  end loop;

  update public.usage_rollup_properties d set given_up_at = at
  where d.given_up_at is null and not exists (
    select from public.meters m
    where m.environment_id = d.environment_id and m.id = d.meter_id and d.property = any (m.group_by));
  insert into public.usage_rollup_properties (environment_id, meter_id, property, complete_from)
  select m.environment_id, m.id, p.property,
         -- What was added up without it occurred five minutes from now at the latest.
         case when exists (
           select from public.usage_rollups r where r.environment_id = m.environment_id and r.meter_id = m.id)
         then date_trunc('hour', at, 'UTC') + interval '2 hours' end
  from public.meters m cross join lateral unnest(m.group_by) p (property)
  where m.aggregation <> 'unique' and p.property <> 'customer' and not exists (
    select from public.usage_rollup_properties d
    where d.environment_id = m.environment_id and d.meter_id = m.id and d.property = p.property);

  if waiting > 0 then
    perform app.add_to_usage_rollups('e.recorded_in >= $1 and e.recorded_in < $2', low, high);
    perform app.add_values_to_usage_rollups('e.recorded_in >= $1 and e.recorded_in < $2', low, high);
    perform app.remake_usage_rollups(low, high);
    perform app.give_up_usage_rollups(at - interval '2 days', values_max, at);
  end if;
  update public.usage_rollup_state set rolled_until = high;
  return high < done;
end $$;

revoke execute on function app.roll_up_usage from public;
grant execute on function app.roll_up_usage to billingos_api;
