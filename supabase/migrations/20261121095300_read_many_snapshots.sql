-- Snapshots of many customers in one statement: those that are asked for often are read anew before they are too old to
-- be trusted, and those that are asked for at the same moment are read together.

set local lock_timeout = '5s';

create function app.entitlement_snapshots(environment_ids text[], customer_refs text[], at timestamptz)
returns table ("position" int, snapshot jsonb)
language sql stable security definer set search_path = ''
as $$
  select i.pos::int, app.entitlement_snapshot(i.env, i.ref, at)
  from unnest(environment_ids, customer_refs) with ordinality as i (env, ref, pos)
$$;

revoke execute on function app.entitlement_snapshots(text[], text[], timestamptz) from public;
grant execute on function app.entitlement_snapshots(text[], text[], timestamptz) to billingos_api;
