-- Says that totals have changed: one row for each statement and environment, however many they are. Who records them also
-- tells what they are, by Redis; who did not hear of it finds out by this.
create or replace function app.note_usage_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.entitlement_changes (environment_id, changed_in, kind)
  select distinct c.environment_id, pg_current_xact_id(), 'usage'
  from changed c
  -- Frozen totals are of periods that are over.
  where c.frozen_at is null
  on conflict do nothing;
  return null;
end $$;
create or replace trigger insert_noted after insert on usage_records
  referencing new table as changed for each statement execute function app.note_usage_change();
create or replace trigger update_noted after update on usage_records
  referencing new table as changed for each statement execute function app.note_usage_change();

revoke execute on function app.note_usage_change from public;
