-- Pools of all environments whose balance is on the other side of low_at than what was told.
create or replace function app.credit_pools_to_tell(at timestamptz, max_rows int)
returns table (environment_id text, customer_id text, balance numeric, low_at numeric, is_low boolean)
language sql stable security definer set search_path = ''
as $$
  select p.environment_id, p.customer_id, b.balance, p.low_at, coalesce(b.balance < p.low_at, false)
  from public.credit_pools p
  cross join lateral (
    select coalesce(sum(g.remaining), 0) as balance from public.credit_grants g
    where g.environment_id = p.environment_id and g.customer_id = p.customer_id and g.remaining > 0
      and g.effective_at <= at and (g.expires_at is null or g.expires_at > at)
  ) b
  where (p.low_at is not null or p.low_since is not null)
    and coalesce(b.balance < p.low_at, false) <> (p.low_since is not null)
  limit max_rows
$$;

revoke execute on function app.credit_pools_to_tell from public;
grant execute on function app.credit_pools_to_tell to billingos_api;
