-- Makes the rollups of an environment anew from its events. Recording goes on meanwhile. Where the database was copied to
-- another cluster, which counts its transactions anew, those of all environments.
create or replace function app.rebuild_usage_rollups(for_environment text, values_max int, at timestamptz) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  chosen text := 'e.environment_id = $3 and (e.recorded_in is null or e.recorded_in >= $1 and e.recorded_in < $2)';
  until bigint;
  done bigint;
  environment text;
begin
  perform pg_advisory_xact_lock(hashtext('app.roll_up_usage'));
  select s.rolled_until into until from public.usage_rollup_state s;
  done := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
  if until > done then
    until := done;
    update public.usage_rollup_state set rolled_until = until;
    update public.usage_events set recorded_in = null where recorded_in >= until;
    for_environment := null;
  end if;
  for environment in select e.id from public.environments e where e.id = coalesce(for_environment, e.id) loop
    delete from public.usage_rollups r where r.environment_id = environment;
    delete from public.usage_rollup_properties d where d.environment_id = environment;
    insert into public.usage_rollup_properties (environment_id, meter_id, property)
    select m.environment_id, m.id, p.property
    from public.meters m cross join lateral unnest(m.group_by) p (property)
    where m.environment_id = environment and m.aggregation <> 'unique' and p.property <> 'customer';
    perform app.add_to_usage_rollups(chosen, 0, until, environment);
    perform app.add_values_to_usage_rollups(chosen, 0, until, environment);
    perform app.give_up_usage_rollups('-infinity', values_max, at);
  end loop;
end $$;

revoke execute on function app.rebuild_usage_rollups from public;
grant execute on function app.rebuild_usage_rollups to billingos_api;
