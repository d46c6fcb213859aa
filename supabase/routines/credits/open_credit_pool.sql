-- Gives a customer a pool, unless there is one.
create or replace function app.open_credit_pool(for_environment text, for_customer text, at timestamptz) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.credit_pools (environment_id, customer_id, created_at)
  values (for_environment, for_customer, at)
  on conflict on constraint credit_pools_pkey do nothing;
  if found then
    update public.customers c set has_credits = true
    where c.environment_id = for_environment and c.id = for_customer;
  end if;
end $$;

revoke execute on function app.open_credit_pool from public;
grant execute on function app.open_credit_pool to billingos_api;
