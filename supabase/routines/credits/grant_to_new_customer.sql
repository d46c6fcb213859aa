-- A customer has the default plan's credits from the first moment, whoever makes the customer: the API, an event, a check.
-- Once for all customers of a statement: where there is no default plan, it costs nothing to make many.
create or replace function app.grant_to_new_customer() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  one record;
begin
  for one in
    select n.environment_id, n.id, n.updated_at from new_customers n
    join public.environments e on e.id = n.environment_id and e.default_plan_id is not null
    order by n.environment_id, n.id
  loop
    perform app.follow_default_credits(one.environment_id, one.id, one.updated_at);
  end loop;
  return null;
end $$;

revoke execute on function app.grant_to_new_customer from public;
create or replace trigger default_credits after insert on public.customers
  referencing new table as new_customers
  for each statement execute function app.grant_to_new_customer();
