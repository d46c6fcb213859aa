-- Says that copies of what a customer may do are out of date.
create or replace function app.note_customer_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  -- Under the name of before, too: nobody must go on answering from it.
  insert into public.entitlement_changes (environment_id, changed_in, kind, cache_key)
  select distinct new.environment_id, pg_current_xact_id(), 'customer', name
  from unnest(array[coalesce(old.external_id, old.id), coalesce(new.external_id, new.id)]) name
  on conflict do nothing;
  return null;
end $$;
create or replace trigger change_noted after update on customers for each row
  when (old.entitlements_version is distinct from new.entitlements_version
    or old.external_id is distinct from new.external_id
    or old.unsynced_since is distinct from new.unsynced_since
    or old.has_credits is distinct from new.has_credits)
  execute function app.note_customer_change();

revoke execute on function app.note_customer_change from public;
