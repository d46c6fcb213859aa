-- Everything that may have been committed since a reading that ended with `horizon`, or, with null, nothing; always a
-- row. In one statement: all of it is of one moment.
create or replace function app.entitlement_changes_since(since bigint, max_rows int)
returns table (horizon bigint, next bigint, environment_id text, kind text, cache_key text, changed_in bigint)
language sql stable security definer set search_path = '' set enable_seqscan = off
as $$
  select pg_snapshot_xmin(now.snapshot)::text::bigint, pg_snapshot_xmax(now.snapshot)::text::bigint,
         c.environment_id, c.kind, c.cache_key, c.changed_in::text::bigint
  from (select pg_current_snapshot() as snapshot) now
  left join lateral (
    select e.environment_id, e.kind, e.cache_key, e.changed_in
    from public.entitlement_changes e
    where e.changed_in >= since::text::xid8
    order by e.changed_in
    limit max_rows
  ) c on true
$$;

revoke execute on function app.entitlement_changes_since from public;
grant execute on function app.entitlement_changes_since to billingos_api;
