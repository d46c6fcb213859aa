-- The environments whose turn it is. Any number of sweeps may ask: each is given to one.
create or replace function app.claim_usage_comparisons(at timestamptz, every interval, max_rows int)
returns table (environment_id text)
language sql security definer set search_path = ''
as $$
  with due as (
    select e.id from public.environments e
    where e.usage_compared_at is null or e.usage_compared_at <= at - every
    order by e.usage_compared_at nulls first, e.id limit max_rows for update skip locked
  )
  update public.environments e set usage_compared_at = at
  from due where e.id = due.id
  returning e.id
$$;

revoke execute on function app.claim_usage_comparisons from public;
grant execute on function app.claim_usage_comparisons to billingos_api;
