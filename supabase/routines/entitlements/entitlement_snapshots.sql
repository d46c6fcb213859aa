-- Snapshots of many customers in one statement: those that are asked for often are read anew before they are too old to
-- be trusted, and those that are asked for at the same moment are read together.
create or replace function app.entitlement_snapshots(environment_ids text[], customer_refs text[], at timestamptz)
returns table ("position" int, snapshot jsonb)
language plpgsql volatile security definer set search_path = ''
as $$
begin
  for n in 1 .. coalesce(array_length(environment_ids, 1), 0) loop
    "position" := n;
    snapshot := app.entitlement_snapshot(environment_ids[n], customer_refs[n], at);
    if jsonb_path_exists(snapshot, '$.features.*.caps[*].kept ? (@ == false)') then
      perform app.keep_usage_windows(environment_ids[n], snapshot);
    end if;
    return next;
  end loop;
end $$;

revoke execute on function app.entitlement_snapshots from public;
grant execute on function app.entitlement_snapshots to billingos_api;
