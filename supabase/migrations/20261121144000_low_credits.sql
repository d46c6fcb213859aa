-- Whose credits have fallen below what was set: found by a sweep, so that burning stays as cheap as it is.

set local lock_timeout = '5s';

alter table credit_pools add column low_since timestamptz;
comment on column credit_pools.low_since is 'Since when it is told that the balance is below low_at. Null: it is not, or that was not found yet.';
create index credit_pools_watched on credit_pools (environment_id, customer_id)
  where low_at is not null or low_since is not null;
