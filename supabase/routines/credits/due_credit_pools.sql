-- Pools with something due: of all environments, for the sweep.
create or replace function app.due_credit_pools(at timestamptz, max_rows int)
returns table (environment_id text, customer_id text)
language sql stable security definer set search_path = ''
as $$
  (select a.environment_id, a.customer_id from public.credit_allowances a
   where a.ended_at is null and a.next_reset_at <= at order by a.next_reset_at limit max_rows)
  union
  (select g.environment_id, g.customer_id from public.credit_grants g
   where g.remaining > 0 and g.expires_at <= at order by g.expires_at limit max_rows)
$$;

revoke execute on function app.due_credit_pools from public;
grant execute on function app.due_credit_pools to billingos_api;
