-- Says that customers without a subscription may do something else now.
create or replace function app.note_default_plan_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.entitlement_changes (environment_id, changed_in, kind)
  values (new.id, pg_current_xact_id(), 'environment')
  on conflict do nothing;
  return null;
end $$;
create or replace trigger change_noted after update on environments for each row
  when (old.default_plan_id is distinct from new.default_plan_id)
  execute function app.note_default_plan_change();

revoke execute on function app.note_default_plan_change from public;
