-- Takes away what every process has read, the oldest first, and says how many rows it took.
create or replace function app.purge_entitlement_changes(before timestamptz, max_rows int) returns int
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  purged int;
begin
  delete from public.entitlement_changes e
  where e.ctid = any (array(
    select oldest.id from (
      select c.ctid as id, c.changed_at from public.entitlement_changes c order by c.changed_in limit max_rows
    ) oldest
    where oldest.changed_at < before));
  get diagnostics purged = row_count;
  return purged;
end $$;

revoke execute on function app.purge_entitlement_changes from public;
grant execute on function app.purge_entitlement_changes to billingos_api;
