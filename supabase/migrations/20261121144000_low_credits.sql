-- Whose credits have fallen below what was set: found by a sweep, so that burning stays as cheap as it is.

set local lock_timeout = '5s';

alter table credit_pools add column low_since timestamptz;
comment on column credit_pools.low_since is 'Since when it is told that the balance is below low_at. Null: it is not, or that was not found yet.';
create index credit_pools_watched on credit_pools (environment_id, customer_id)
  where low_at is not null or low_since is not null;

-- Pools of all environments whose balance is on the other side of low_at than what was told.
create function app.credit_pools_to_tell(at timestamptz, max_rows int)
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

revoke execute on function app.credit_pools_to_tell(timestamptz, int) from public;
grant execute on function app.credit_pools_to_tell(timestamptz, int) to billingos_api;
