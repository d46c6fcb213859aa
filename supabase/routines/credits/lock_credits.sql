-- Locks a pool, and does what is due. False: there is none. The customer first: who takes over what Stripe says locks the
-- customer and then the pool, and what is recorded refers to the customer; in the other order, the two would wait for
-- each other.
create or replace function app.lock_credits(for_environment text, for_customer text, at timestamptz) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  perform from public.customers c where c.environment_id = for_environment and c.id = for_customer for key share;
  perform from public.credit_pools p
  where p.environment_id = for_environment and p.customer_id = for_customer for update;
  if not found then
    return false;
  end if;
  perform app.settle_credits(for_environment, for_customer, at);
  return true;
end $$;

revoke execute on function app.lock_credits from public;
grant execute on function app.lock_credits to billingos_api;
