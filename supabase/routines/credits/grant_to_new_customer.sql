-- A customer has the default plan's credits from the first moment, whoever makes the customer: the API, an event, a check.
create or replace function app.grant_to_new_customer() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform app.follow_default_credits(new.environment_id, new.id, new.updated_at);
  return null;
end $$;

revoke execute on function app.grant_to_new_customer from public;
create or replace trigger default_credits after insert on public.customers
  for each row execute function app.grant_to_new_customer();
