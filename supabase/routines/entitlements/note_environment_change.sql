-- Says that something has changed that the snapshots of many customers are made of.
create or replace function app.note_environment_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.entitlement_changes (environment_id, changed_in, kind)
  values (case when tg_op = 'DELETE' then old.environment_id else new.environment_id end, pg_current_xact_id(),
    'environment')
  on conflict do nothing;
  return null;
end $$;
create or replace trigger change_noted after insert or update or delete on plans
  for each row execute function app.note_environment_change();
create or replace trigger change_noted after insert or update or delete on plan_versions
  for each row execute function app.note_environment_change();
create or replace trigger change_noted after insert or update or delete on plan_features
  for each row execute function app.note_environment_change();
create or replace trigger change_noted after insert or update or delete on plan_credits
  for each row execute function app.note_environment_change();
create or replace trigger change_noted after update or delete on features
  for each row execute function app.note_environment_change();
create or replace trigger change_noted after insert or update on subscription_settings
  for each row execute function app.note_environment_change();

revoke execute on function app.note_environment_change from public;
